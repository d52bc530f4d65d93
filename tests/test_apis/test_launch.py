"""What is wrong with the settings is said before training."""

import pytest
from mmengine.config import Config

from mmnas_mae.apis.launch import run_training
from mmnas_mae.engine import GenotypeHook
from mmnas_mae.utils.errors import SetupError


@pytest.mark.parametrize(
    'option, words',
    [
        ({'model.neck.type': 'mmnas_mae.HierarchicDecoder'}, 'HierarchicDecoder'),
        ({'model.backbone.space': 's9'}, "unknown search space 's9'; there are:"),
        ({'train_dataloader.dataset.dataset.size': 'x'}, 'PhotoCrops'),
        ({'optim_wrapper.arch.optimizer.type': 'Adamm'}, 'Adamm'),
        ({'default_hooks.bilevel.order': 3}, 'BilevelHook.order must be 1 or 2, got 3'),
        ({'default_hooks.genotype.threshold': 3}, 'threshold'),
        ({'param_scheduler.weights': [dict(type='NoSuchLR')]}, 'NoSuchLR'),
    ],
)
def test_what_cannot_be_run_is_one_line(search_cfg: Config, option: dict, words: str) -> None:
    search_cfg.merge_from_dict(option)
    with pytest.raises(SetupError) as caught:
        run_training(search_cfg)
    assert words in str(caught.value)
    assert '\n' not in str(caught.value)
    assert caught.value.__cause__ is not None  # for --traceback


def test_an_error_after_the_first_step_keeps_its_class(search_cfg: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    class Fault(ZeroDivisionError):
        pass

    def fail(self: GenotypeHook, runner: object) -> None:
        raise Fault

    monkeypatch.setattr(GenotypeHook, 'after_train_epoch', fail)
    with pytest.raises(Fault):
        run_training(search_cfg)
