"""Numbers that go wrong are seen in their step, and named; nothing that holds them is written."""

import json
import logging
import math
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from mmengine.runner import Runner

from mmnas_mae.engine import CompleteCheckpointHook, FiniteLossHook


class Spoil(Hook):
    """Puts NaN into something before the steps of some iterations."""

    priority = 'HIGHEST'

    def __init__(self, what: str, iterations: range) -> None:
        self.what, self.iterations = what, iterations

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        if runner.iter not in self.iterations:
            return
        if self.what == 'input':
            data_batch['inputs'] = [each.float().mul(math.nan) for each in data_batch['inputs']]
        elif self.what == 'alpha':
            runner.model.arch.alphas['normal'].data[0, 0] = math.nan
        elif self.what == 'weight':
            next(iter(runner.model.weight_parameters())).data.view(-1)[0] = math.inf
        elif self.what == 'gradient':
            parameter = next(iter(runner.model.weight_parameters()))
            self.handle = parameter.register_hook(lambda gradient: gradient * math.nan)

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        if hasattr(self, 'handle'):
            self.handle.remove()


def spoiled(cfg: Config, what: str, iterations: range) -> Runner:
    runner = Runner.from_cfg(cfg)
    runner.register_hook(Spoil(what, iterations))
    return runner


@pytest.mark.parametrize('what', ['input', 'alpha', 'weight', 'gradient'])
def test_what_is_not_finite_ends_the_run_in_its_step(search_cfg: Config, tmp_path: Path, what: str) -> None:
    search_cfg.default_hooks.bilevel.warmup_epochs = 1 if what == 'weight' else 0
    runner = spoiled(search_cfg, what, range(13, 14))
    with pytest.raises(RuntimeError, match=r' is (nan|inf) in epoch 2, iteration 14 \(images: .+\)') as info:
        runner.train()
    assert '\n' not in str(info.value)
    assert [path.name for path in tmp_path.glob('search/*.pth')] == ['epoch_1.pth']
    assert json.loads((tmp_path / 'search/genotype.json').read_text())['meta']['epoch'] == 1


def test_a_search_whose_weights_explode_ends_before_its_next_checkpoint(
    search_cfg: Config, run_search: Callable, tmp_path: Path
) -> None:
    search_cfg.optim_wrapper.weights.optimizer.lr = 1e30
    search_cfg.optim_wrapper.weights.clip_grad = None
    with pytest.raises(RuntimeError, match=r'is (nan|inf) in epoch 1, iteration \d+ .*so the run ends; lower the lea'):
        run_search(search_cfg)
    assert not list(tmp_path.glob('search/*.pth'))


def test_an_exploding_architecture_ends_the_run_with_figures(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.optim_wrapper.arch.optimizer.lr = 1e9
    message = r'the largest architecture parameter is [\d.e+]+ in epoch 1, iteration 1 .* more than .*most_alpha=1000'
    with pytest.raises(RuntimeError, match=message):
        run_search(search_cfg)


def test_a_saturated_architecture_is_warned_of_with_figures(
    search_cfg: Config, run_search: Callable, tmp_path: Path
) -> None:
    search_cfg.optim_wrapper.arch.optimizer.lr = 30.0
    search_cfg.train_cfg.max_epochs = 1
    search_cfg.log_level = 'WARNING'
    run_search(search_cfg)
    (log,) = tmp_path.glob('search/*/*.log')
    assert 'architecture parameters are saturated (largest absolute value: ' in log.read_text()


def test_a_step_is_skipped_and_the_search_goes_on(search_cfg: Config, tmp_path: Path) -> None:
    search_cfg.default_hooks.finite_loss.action = 'skip'
    search_cfg.train_cfg.max_epochs = 1
    runner = spoiled(search_cfg, 'input', range(3, 6))
    runner.train()
    state = runner.model.state_dict()
    assert all(bool(torch.isfinite(value).all()) for value in state.values() if value.is_floating_point())
    log = next(tmp_path.glob('search/*/*.log')).read_text()
    assert log.count('so the step is skipped') == 0  # of this level nothing is logged
    assert runner.iter == 10


def test_too_many_skipped_steps_end_the_run(search_cfg: Config) -> None:
    search_cfg.default_hooks.finite_loss.update(action='skip', most_skipped=3)
    runner = spoiled(search_cfg, 'input', range(2, 10))
    with pytest.raises(RuntimeError, match='iteration 5 .*the last of 3 steps in a row, so the run ends'):
        runner.train()


def test_the_steps_of_an_interval_are_read_at_once_and_the_first_is_named() -> None:
    class Run:
        epoch, iter = 0, 0
        logger = logging.getLogger('run')

    hook = HOOKS.build(dict(type='mmnas_mae.FiniteLossHook'))
    assert isinstance(hook, FiniteLossHook)
    hook._interval = 4
    for Run.iter, value in enumerate((1.0, math.inf, math.nan)):
        hook.after_train_iter(Run, 0, outputs=dict(loss=torch.tensor(value), grad_norm=float('nan')))
    with pytest.raises(RuntimeError, match='loss is inf in epoch 1, iteration 2,'):
        hook.after_train_iter(Run, 0, outputs=dict(loss=torch.tensor(1.0)))


@pytest.mark.parametrize('value', [float('nan'), float('inf'), torch.tensor(float('nan'))])
def test_any_loss_counts(value: Any) -> None:
    class Run:
        epoch, iter = 8, 99

    hook = FiniteLossHook()
    hook.after_train_iter(Run, 0, outputs=dict(loss=torch.tensor(1.0, requires_grad=True), grad_norm=float('nan')))
    with pytest.raises(RuntimeError, match='loss_bbox is (nan|inf) in epoch 9, iteration 100'):
        hook.after_train_iter(Run, 0, outputs=dict(loss=1.0, loss_bbox=value))


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(action='ignore'), 'action must be one of'),
        (dict(most_skipped=0), 'most_skipped must be at least 1'),
        (dict(saturated=0), 'saturated must be above 0'),
        (dict(most_alpha=1), 'most_alpha not below it'),
    ],
)
def test_wrong_settings_are_named(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        FiniteLossHook(**settings)


def test_a_checkpoint_with_nan_is_not_written(search_cfg: Config, tmp_path: Path) -> None:
    search_cfg.default_hooks.finite_loss = None
    search_cfg.default_hooks.pop('finite_loss')
    search_cfg.default_hooks.bilevel.warmup_epochs = 1
    search_cfg.default_hooks.genotype = None
    search_cfg.default_hooks.pop('genotype')
    assert issubclass(CompleteCheckpointHook, Hook)
    runner = spoiled(search_cfg, 'weight', range(15, 16))
    with pytest.raises(RuntimeError, match='epoch 2, iteration 20: the checkpoint is not written, since state_dict'):
        runner.train()
    assert [path.name for path in tmp_path.glob('search/*.pth')] == ['epoch_1.pth']
