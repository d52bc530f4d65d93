"""One way from a config and a checkpoint to a search model, and what does not fit together."""

from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmnas_mae.apis import build_search_model
from mmnas_mae.models import MAENAS
from mmnas_mae.models.checkpoint import load_checked

S0 = dict(type='darts_s0', restrict={kind: ['skip_connect', 'max_pool_3x3'] for kind in ('normal', 'reduce')})
OTHER_POOL = dict(type='darts_s0', restrict={kind: ['skip_connect', 'avg_pool_3x3'] for kind in ('normal', 'reduce')})


@pytest.fixture
def saved(search_cfg: Config, tmp_path: Path) -> Callable[..., Path]:
    """Writes what a run of the search leaves, with options that differ from its config."""

    def save(options: dict[str, Any]) -> Path:
        cfg = Config(search_cfg.to_dict())
        cfg.merge_from_dict(options)
        state = build_search_model(cfg).state_dict()
        path = tmp_path / 'epoch_3.pth'
        torch.save(dict(meta=dict(cfg=cfg.pretty_text, epoch=3, seed=0), state_dict=state), path)
        return path

    return save


def test_the_model_is_that_of_the_run(search_cfg: Config, saved: Callable) -> None:
    path = saved({})
    model = build_search_model(search_cfg, path)
    state = torch.load(path, weights_only=False)['state_dict']
    assert isinstance(model, MAENAS)
    assert state.keys() == model.state_dict().keys()
    assert all(torch.equal(value, state[name]) for name, value in model.state_dict().items())
    mean = search_cfg.data_preprocessor.mean
    assert model.data_preprocessor.mean.flatten().tolist() == pytest.approx(mean)
    assert DefaultScope.get_current_instance().scope_name == search_cfg.default_scope
    # The config of the caller stays as it is.
    assert 'data_preprocessor' not in search_cfg.model


def test_candidates_must_be_the_same_even_if_all_weights_fit(search_cfg: Config, saved: Callable) -> None:
    search_cfg.model.backbone.space = S0
    path = saved({})
    assert build_search_model(search_cfg, path).arch.space.cells['normal'].max_ops == 2
    search_cfg.model.backbone.space = OTHER_POOL
    assert {n: v.shape for n, v in build_search_model(search_cfg).state_dict().items()} == {
        n: v.shape for n, v in torch.load(path, weights_only=False)['state_dict'].items()
    }
    with pytest.raises(ValueError, match='it was searched with other candidates of darts_s0'):
        build_search_model(search_cfg, path)


@pytest.mark.parametrize(
    'run, config, message',
    [
        ({'model.backbone.space': 'darts_s2'}, {}, 'it was searched in darts_s2, the config says darts_s0'),
        ({'model.backbone.layers': 4}, {}, 'space, size, objective and head: of .* unknown .first: backbone.cells.3'),
        ({}, {'model.backbone.layers': 4}, 'missing .first: backbone.cells.3'),
        ({'model.backbone.init_channels': 3}, {}, 'of another shape .first: backbone.stem'),
        ({'model.neck.type': 'mmnas_mae.SingleScaleDecoder'}, {}, r'missing \(first: neck'),
        ({'model.masking': 'sparse'}, {}, r'unknown \(first: bridge'),
    ],
    ids=['space', 'deeper', 'shallower', 'width', 'decoder', 'masking'],
)
def test_a_checkpoint_of_another_search_is_refused(
    search_cfg: Config, saved: Callable, run: dict, config: dict, message: str
) -> None:
    path = saved(run)
    search_cfg.merge_from_dict(config)
    with pytest.raises(ValueError, match=f"epoch_3.pth' does not fit config '.*photos.py': .*{message}") as error:
        build_search_model(search_cfg, path)
    assert '\n' not in str(error.value)


def test_the_note_of_a_run_is_read_and_not_run(search_cfg: Config, saved: Callable, tmp_path: Path) -> None:
    path = saved({})
    content = torch.load(path, weights_only=False)
    trace = tmp_path / 'trace'
    content['meta']['cfg'] = f'model = dict(backbone=dict(space=open({str(trace)!r}, "w")))'
    torch.save(content, path)
    build_search_model(search_cfg, path)
    assert not trace.exists()


def test_a_plain_state_dict_is_enough(search_cfg: Config, tmp_path: Path) -> None:
    model = build_search_model(search_cfg)
    torch.save(model.state_dict(), tmp_path / 'plain.pth')
    again = build_search_model(search_cfg, tmp_path / 'plain.pth')
    assert torch.equal(again.backbone.stem[0].weight, model.backbone.stem[0].weight)


def test_what_is_no_search_or_no_checkpoint_is_named(search_cfg: Config, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"config 'none.py' does not exist"):
        build_search_model('none.py')
    with pytest.raises(ValueError, match=r'the config is none of a search: it has no model.backbone'):
        build_search_model(Config(dict(model=dict(type='mmnas_mae.GenotypeBackbone'))))
    with pytest.raises(FileNotFoundError, match=r"checkpoint 'none.pth' does not exist"):
        build_search_model(search_cfg, 'none.pth')
    (tmp_path / 'text.pth').write_text('no checkpoint')
    with pytest.raises(ValueError, match=r"text.pth' cannot be read"):
        build_search_model(search_cfg, tmp_path / 'text.pth')
    torch.save([1], tmp_path / 'list.pth')
    with pytest.raises(ValueError, match=r"list.pth' holds no weights but a list"):
        build_search_model(search_cfg, tmp_path / 'list.pth')


def test_any_other_model_is_checked_too(tmp_path: Path) -> None:
    torch.save(dict(state_dict=torch.nn.Linear(2, 3).state_dict()), tmp_path / 'linear.pth')
    with pytest.raises(ValueError, match=r"linear.pth' does not fit config 'x.py': .*2 of another shape"):
        load_checked(torch.nn.Linear(2, 4), tmp_path / 'linear.pth', "config 'x.py'")
