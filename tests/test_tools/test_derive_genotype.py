"""The genotype of a checkpoint."""

from functools import partial
from pathlib import Path
from typing import Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner.checkpoint import CheckpointLoader

from mmnas_mae.apis import build_search_model
from mmnas_mae.registry import MODELS
from mmnas_mae.spaces import load_genotype
from mmnas_mae.utils import config

SMALL = ['model.backbone.init_channels=2', 'model.backbone.layers=3']


def test_config_and_checkpoint_are_read_once(
    search_cfg: Config, tmp_path: Path, call: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_cfg.dump(tmp_path / 'search.py')
    model = build_search_model(search_cfg)
    torch.save(dict(state_dict=model.state_dict(), meta=dict(seed=5, epoch=7)), tmp_path / 'search.pth')
    read = []
    for owner, name in ((Config, 'fromfile'), (CheckpointLoader, 'load_checkpoint'), (config, '_check_prefixes')):
        original = getattr(owner, name)
        monkeypatch.setattr(
            owner, name, partial(lambda f, name, *a, **k: read.append(name) or f(*a, **k), original, name)
        )
    printed = call('tools/derive_genotype.py', tmp_path / 'search.py', tmp_path / 'search.pth')
    assert sorted(read) == ['_check_prefixes', 'fromfile', 'load_checkpoint']
    meta = load_genotype(tmp_path / 'genotype.json').meta
    assert (meta['seed'], meta['epoch']) == (5, 7)
    # Alpha is as it was drawn at the start, so nothing is decided, and that is said.
    assert meta['warnings'][0].startswith('undecided: the operation of an edge weighs 1 times the next best')
    assert f'warning: {meta["warnings"][0]}' in printed


@pytest.mark.parametrize('options', [(), ('--exclude-none',)])
def test_excluding_none_keeps_the_threshold_of_fairdarts(
    repository: Path, tmp_path: Path, call: Callable, options: tuple
) -> None:
    config = repository / 'configs/search/fairdarts_darts-s0_1xb128-50e_cifar10.py'
    cfg = Config.fromfile(config)
    cfg.merge_from_dict({'model.backbone.init_channels': 2, 'model.backbone.layers': 3})
    init_default_scope('mmpretrain')
    model = MODELS.build(cfg.model)
    for alpha in model.arch.alpha().values():
        alpha.data[0, 2] = 4.0  # a weight of .98; all others are one half
    torch.save(dict(state_dict=model.state_dict(), meta=dict(seed=1, epoch=2)), tmp_path / 'search.pth')
    out = tmp_path / 'genotype.json'
    call('tools/derive_genotype.py', config, tmp_path / 'search.pth', '--out', out, *options, '--cfg-options', *SMALL)
    assert {kind: cell.num_edges for kind, cell in load_genotype(out).cells.items()} == dict(normal=1, reduce=1)


def test_a_search_under_a_budget_is_derived_within_it(search_cfg: Config, tmp_path: Path, call: Callable) -> None:
    search_cfg.budget = dict(macs=1.4e6, at=dict(init_channels=4, layers=5))
    search_cfg.dump(tmp_path / 'search.py')
    torch.save(dict(state_dict=build_search_model(search_cfg).state_dict()), tmp_path / 'search.pth')
    call('tools/derive_genotype.py', tmp_path / 'search.py', tmp_path / 'search.pth')
    meta = load_genotype(tmp_path / 'genotype.json').meta
    assert meta['budget']['cost']['macs'] <= 1.4e6
