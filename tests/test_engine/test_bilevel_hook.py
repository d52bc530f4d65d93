"""The alpha step inside a real run of MMEngine."""

import copy
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmnas_mae.engine import BilevelHook
from mmnas_mae.registry import DATASETS


class Recorder(Hook):
    """Keeps the parameters around each alpha step and each weight step."""

    priority = 'LOWEST'

    def __init__(self) -> None:
        self.states: list[dict] = []
        self.grads: list[list] = []

    def before_train(self, runner: Runner) -> None:
        self.states.append(copy.deepcopy(dict(runner.model.named_parameters())))

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        # The bilevel hook has run already.
        self.states.append(copy.deepcopy(dict(runner.model.named_parameters())))
        self.grads.append([p.grad for p in runner.model.parameters() if p.grad is not None])

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        self.states.append(copy.deepcopy(dict(runner.model.named_parameters())))


class PassOver(Hook):
    """Draws masks that nobody uses, once the stream has been seeded."""

    priority = 'LOWEST'

    def __init__(self, count: int) -> None:
        self.count = count

    def before_train(self, runner: Runner) -> None:
        for _ in range(self.count):
            runner.model.mask_generator(torch.zeros(4, 3, 16, 16))


def record(cfg: Config, passed_over: int = 0) -> tuple[Recorder, Runner]:
    runner = Runner.from_cfg(copy.deepcopy(cfg))
    recorder = Recorder()
    runner.register_hook(recorder)
    runner.register_hook(PassOver(passed_over))
    runner.train()
    return recorder, runner


def moved(before: dict, after: dict) -> set:
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize('order', [1, 2])
def test_each_step_moves_its_own_parameters_and_no_others(search_cfg: Config, order: int) -> None:
    search_cfg.default_hooks.bilevel.order = order
    search_cfg.train_cfg.max_epochs = 1
    recorder, _ = record(search_cfg)
    start, after_alpha, after_weights = recorder.states[:3]
    alphas = {name for name in start if '.alphas.' in name}
    assert alphas == {'backbone.arch.alphas.normal', 'backbone.arch.alphas.reduce'}
    assert moved(start, after_alpha) == alphas
    # Every other parameter moves: weight decay alone would see to it where the gradient is zero.
    assert moved(after_alpha, after_weights) == set(start) - alphas
    assert all(not grads for grads in recorder.grads), 'the alpha step left gradients behind'


def test_weight_step_is_unaffected_by_the_gradients_of_the_alpha_step(search_cfg: Config) -> None:
    """With an alpha learning rate of zero, the weights go as if there were no alpha step."""
    search_cfg.train_cfg.max_epochs = 1
    search_cfg.optim_wrapper.arch.optimizer.update(lr=0.0, weight_decay=0.0)
    with_alpha, _ = record(search_cfg)
    # An alpha step draws a mask from the same stream: without it, one draw is passed over.
    search_cfg.default_hooks.bilevel.warmup_epochs = 1
    without_alpha, _ = record(search_cfg, passed_over=1)
    for name, value in with_alpha.states[2].items():
        assert torch.equal(value, without_alpha.states[2][name]), name
    assert moved(with_alpha.states[0], with_alpha.states[2])


def test_alpha_rests_while_the_weights_warm_up(search_cfg: Config) -> None:
    search_cfg.default_hooks.bilevel.warmup_epochs = 1
    recorder, runner = record(search_cfg)
    steps = len(runner.train_dataloader)
    start, end_of_warmup, end = recorder.states[0], recorder.states[2 * steps], recorder.states[-1]
    alphas = {name for name in start if '.alphas.' in name}
    assert moved(start, end_of_warmup) == set(start) - alphas
    assert moved(end_of_warmup, end) == set(start)


def test_alpha_gradient_is_clipped_by_its_own_wrapper(search_cfg: Config) -> None:
    """With plain SGD on alpha, one step has the length lr * max_norm."""
    search_cfg.train_cfg.max_epochs = 1
    search_cfg.optim_wrapper.arch = dict(
        optimizer=dict(type='SGD', lr=1.0), clip_grad=dict(max_norm=1e-4), type='OptimWrapper'
    )
    recorder, _ = record(search_cfg)
    start, after = recorder.states[:2]
    length = sum((after[name] - start[name]).square().sum() for name in start if '.alphas.' in name).sqrt()
    assert float(length) == pytest.approx(1e-4, rel=1e-3)


def test_architecture_data_is_the_other_part_and_goes_on_across_epochs(
    search_cfg: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every image of the part is used once before any is used again, in another order each time."""
    used: list[int] = []
    original = BilevelHook._next_batch

    def spy(hook: BilevelHook) -> Any:
        batch = original(hook)
        used.extend(sample.sample_idx for sample in batch['data_samples'])
        return batch

    monkeypatch.setattr(BilevelHook, '_next_batch', spy)
    search_cfg.train_cfg.max_epochs = 4
    runner = Runner.from_cfg(copy.deepcopy(search_cfg))
    runner.train()
    weights = set(runner.train_dataloader.dataset.indices.tolist())
    part = dict(search_cfg.train_dataloader.dataset, part='arch')
    arch = set(DATASETS.build(part).indices.tolist())
    assert set(used) == arch
    assert not arch & weights
    assert len(arch) not in (0, len(weights))  # so that the two loaders do not end together
    rounds = [used[i : i + len(arch)] for i in range(0, len(used) - len(arch) + 1, len(arch))]
    assert all(set(r) == arch for r in rounds)
    assert len({tuple(r) for r in rounds}) == len(rounds) > 1


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(order=3), 'BilevelHook.order must be 1 or 2, got 3'),
        (dict(warmup_epochs=-1), 'BilevelHook.warmup_epochs must not be negative, got -1'),
    ],
)
def test_bad_settings_are_named(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        BilevelHook(**settings)


def test_data_without_a_second_part_is_refused(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.train_dataloader.dataset = search_cfg.train_dataloader.dataset.dataset
    with pytest.raises(ValueError, match='train_dataloader.dataset is no mmnas_mae.SearchSplit'):
        run_search(search_cfg)


def test_a_single_optimizer_is_refused(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1))
    search_cfg.pop('param_scheduler')
    with pytest.raises(TypeError, match='optim_wrapper.constructor='):
        run_search(search_cfg)
