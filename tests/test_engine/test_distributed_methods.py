"""Methods that draw, measure and go back, on two processes with gloo: the ranks stay equal."""

import copy
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
import torch.distributed as dist
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from two_ranks import on_two_ranks

from mmnas_mae.apis.stages import run_stages
from mmnas_mae.engine import HessianHook


class Keep(Hook):
    """Writes what a rank ends with, and what it drew."""

    def __init__(self) -> None:
        self.draws: list = []

    def before_train(self, runner: Runner) -> None:
        arch = runner.model.module.arch
        sample: Callable = arch.sample

        def spied() -> dict:
            drawn = sample()
            self.draws.append([w.active for w in drawn.values()])
            return drawn

        arch.sample = spied

    def after_train(self, runner: Runner) -> None:
        hessian = next((hook for hook in runner.hooks if isinstance(hook, HessianHook)), None)
        state = dict(
            model=runner.model.module.state_dict(),
            eigenvalues=hessian and hessian.eigenvalues,
            draws=self.draws,
            decay=runner.optim_wrapper['weights'].optimizer.param_groups[0]['weight_decay'],
        )
        torch.save(state, Path(runner.work_dir, f'rank{dist.get_rank()}.pt'))


def _worker(rank: int, cfg: Config) -> None:
    original: Callable = Runner.from_cfg

    def with_keeper(cfg: Config) -> Runner:
        runner = original(cfg)
        runner.register_hook(Keep(), priority='LOWEST')
        return runner

    Runner.from_cfg = with_keeper
    run_stages(cfg)


def _run(cfg: Config) -> None:
    cfg = copy.deepcopy(cfg)
    cfg.launcher = 'pytorch'
    on_two_ranks(_worker, cfg)


def _equal_ranks(folder: Path) -> list[dict]:
    ranks = [torch.load(folder / f'rank{rank}.pt', weights_only=False) for rank in (0, 1)]
    buffers = ('running_mean', 'running_var')  # each rank has its own statistics
    for name, value in ranks[0]['model'].items():
        assert name.endswith(buffers) or torch.equal(value, ranks[1]['model'][name]), name
    return ranks


@pytest.fixture
def quick_cfg(search_cfg: Config) -> Config:
    search_cfg.val_cfg = search_cfg.val_dataloader = search_cfg.val_evaluator = None
    search_cfg.train_dataloader.batch_size = 2
    search_cfg.train_dataloader.dataset.parts = [('weights', 0.001), ('arch', 0.001)]
    search_cfg.find_unused_parameters = True
    return search_cfg


def test_ranks_that_draw_measure_and_go_back_stay_equal(quick_cfg: Config) -> None:
    """Drawn edges and operations, accumulation, eigenvalues and a roll-back, all at once."""
    quick_cfg.model.backbone.update(space='darts_s2', relaxation=dict(type='mmnas_mae.TopTwoRelaxation', samples=2))
    quick_cfg.default_hooks.update(
        hessian=dict(type='mmnas_mae.HessianHook', interval=1, steps=2),
        # A trigger whenever the second value is not a hundredth of the first.
        early_stop=dict(
            type='mmnas_mae.EarlyStopHook', mode='adapt', window=1, start=0, delta=1, factor=-1e9, multiplier=100.0
        ),
    )
    quick_cfg.default_hooks.checkpoint.max_keep_ckpts = -1
    quick_cfg.train_cfg.max_epochs = 3
    _run(quick_cfg)
    ranks = _equal_ranks(Path(quick_cfg.work_dir))
    assert ranks[0]['eigenvalues'] == ranks[1]['eigenvalues']
    assert list(ranks[0]['eigenvalues']) == [0, 1, 2]
    assert [rank['decay'] for rank in ranks] == pytest.approx([3e-2, 3e-2])  # once, then the limit is reached
    # Every rank runs the same sub-networks, as one process with all of the batch would.
    assert ranks[0]['draws'] == ranks[1]['draws']
    assert len({str(draw) for draw in ranks[0]['draws']}) > 1


def test_ranks_that_share_one_pass_for_alpha_and_weights_stay_equal(quick_cfg: Config) -> None:
    """Distributed training averages no gradient of alpha, which the step of alpha then does."""
    quick_cfg.model.backbone.relaxation = dict(type='mmnas_mae.ConcreteRelaxation')
    quick_cfg.train_dataloader.dataset.parts = [('weights', 0.002)]
    quick_cfg.default_hooks.bilevel.update(single_level=True, one_pass=True)
    quick_cfg.optim_wrapper.arch.optimizer = dict(type='SGD', lr=10.0)
    quick_cfg.train_cfg.max_epochs = 1
    _run(quick_cfg)
    ranks = _equal_ranks(Path(quick_cfg.work_dir))
    assert float(ranks[0]['model']['backbone.arch.alphas.normal'].abs().max()) > 0.01  # it started at 0.001


@pytest.mark.slow
def test_stages_follow_one_another_on_two_ranks(quick_cfg: Config) -> None:
    quick_cfg.model.backbone.relaxation = dict(type='mmnas_mae.GumbelRelaxation')
    quick_cfg.train_cfg.max_epochs = 1
    quick_cfg.stages = [
        dict(cfg=dict(model=dict(backbone=dict(layers=3))), keep=3),
        dict(cfg=dict(model=dict(backbone=dict(layers=4)))),
    ]
    _run(quick_cfg)
    for number, width in ((1, 8), (2, 3)):
        ranks: list[Any] = _equal_ranks(Path(quick_cfg.work_dir, f'stage_{number}'))
        assert ranks[0]['model']['backbone.arch.alphas.normal'].shape == (14, width)
    assert Path(quick_cfg.work_dir, 'genotype.json').exists()
