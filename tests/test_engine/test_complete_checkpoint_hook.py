"""The best checkpoint so far: whole, alone, and never removed before the next is there."""

import errno
import os
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook

from mmnas_mae.apis import build_runner
from mmnas_mae.engine import CompleteCheckpointHook
from mmnas_mae.utils.checkpoints.files import check

SCORE, L1 = 'reconstruction/score', 'reconstruction/l1'


class Given(Hook):
    """Measures what it was told to, in place of the images."""

    priority = 'HIGHEST'

    def __init__(self, scores: list[float]) -> None:
        self.scores = scores

    def after_val_epoch(self, runner: Any, metrics: dict) -> None:
        metrics[SCORE] = self.scores[runner.epoch - 1]
        metrics[L1] = abs(metrics[SCORE] + 3)


@pytest.fixture
def train(search_cfg: Config) -> Callable[..., Path]:
    """Runs a search whose scores are given, or goes on with it; gives its folder."""
    search_cfg.model.backbone = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)
    search_cfg.train_dataloader.dataset.parts = [('weights', 0.0005), ('arch', 0.0005)]
    search_cfg.val_dataloader.dataset.parts = [('heldout', 0.004)]
    search_cfg.default_hooks.checkpoint.max_keep_ckpts = 3

    def run(scores: list[float], resume: bool = False, **checkpoint: Any) -> Path:
        search_cfg.train_cfg.max_epochs = len(scores)
        search_cfg.default_hooks.checkpoint.update(checkpoint)
        search_cfg.resume = resume
        runner = build_runner(search_cfg)
        runner.register_hook(Given(scores))
        runner.train()
        return Path(search_cfg.work_dir)

    return run


def best(folder: Path) -> list[str]:
    """The best checkpoints that are there, each of them whole and with its checksum."""
    found = sorted(folder.glob('best_*.pth'))
    for path in found:
        check(path)
        assert Path(f'{path}.sha256').is_file()
    assert len(list(folder.glob('best_*'))) == 2 * len(found)
    return [path.name for path in found]


def test_the_best_takes_the_place_of_the_one_before(train: Callable) -> None:
    folder = train([-3.0, -1.0, -2.0], save_best=SCORE, rule='greater')
    assert best(folder) == ['best_reconstruction_score_epoch_2.pth']
    states = [torch.load(folder / name, weights_only=False)['state_dict'] for name in (*best(folder), 'epoch_2.pth')]
    assert all(torch.equal(value, states[1][name]) for name, value in states[0].items())


def test_each_metric_has_a_best_of_its_own(train: Callable) -> None:
    folder = train([-3.0, -1.0, -2.0], save_best=[SCORE, L1], rule=['greater', 'less'])
    assert best(folder) == ['best_reconstruction_l1_epoch_1.pth', 'best_reconstruction_score_epoch_2.pth']


def test_a_best_that_cannot_be_written_leaves_the_one_before(
    train: Callable, search_cfg: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, folder = os.replace, Path(search_cfg.work_dir)

    def full(source: Any, target: Any) -> None:
        if 'best_reconstruction_score_epoch_2' in str(target) and str(target).endswith('.pth'):
            raise OSError(errno.ENOSPC, 'No space left on device')
        replace(source, target)

    with monkeypatch.context() as context:
        context.setattr(os, 'replace', full)
        with pytest.raises(OSError, match='No space left'):
            train([-3.0, -1.0, -2.0], save_best=SCORE, rule='greater')
    (left,) = folder.glob('best_*.pth')
    assert left.name == 'best_reconstruction_score_epoch_1.pth'
    check(left)
    train([-3.0, -1.0, -2.0], resume=True)
    assert (folder / 'epoch_3.pth').is_file()
    assert best(folder) == ['best_reconstruction_score_epoch_3.pth']


def test_a_resumed_run_in_another_place_goes_on_with_its_best(train: Callable, search_cfg: Config) -> None:
    folder = train([-3.0, -1.0], save_best=SCORE, rule='greater')
    moved = folder.rename(folder.with_name('moved'))
    search_cfg.work_dir = str(moved)
    train([-3.0, -1.0, -0.5], resume=True)
    assert not folder.exists()
    assert best(moved) == ['best_reconstruction_score_epoch_3.pth']


def test_checkpoints_in_other_places_are_refused() -> None:
    with pytest.raises(ValueError, match="out_dir must be a folder of this machine, got 's3://bucket'"):
        CompleteCheckpointHook(interval=1, out_dir='s3://bucket')
