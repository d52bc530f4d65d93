"""The alpha step inside a real run of MMEngine."""

import copy
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmnas_mae.engine import BilevelHook, enable_grad
from mmnas_mae.engine.step import step_loss
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
    search_cfg.default_hooks.pop('bilevel')
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


def test_a_warm_up_below_one_is_a_share_of_the_epochs() -> None:
    assert [BilevelHook(warmup_epochs=0.3).resting(epochs) for epochs in (1, 2, 10, 50)] == [0, 0, 3, 15]
    assert [BilevelHook(warmup_epochs=number).resting(50) for number in (0, 1, 15)] == [0, 1, 15]
    with pytest.raises(ValueError, match='warmup_epochs must be a whole number of at least 0, got 2.5'):
        BilevelHook(warmup_epochs=2.5)


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


@pytest.mark.parametrize('one_pass', [True, False])
def test_one_pass_gives_alpha_and_weights_the_gradients_of_one_draw(search_cfg: Config, one_pass: bool) -> None:
    """SNAS-Series: train_search.py takes both from one loss; autograd of all parameters at once is that loss."""
    search_cfg.model.backbone.relaxation = dict(type='mmnas_mae.ConcreteRelaxation')
    search_cfg.train_dataloader.dataset.parts = [('weights', 0.002)]
    search_cfg.train_cfg.max_epochs = 1
    search_cfg.default_hooks.bilevel.update(single_level=True, one_pass=one_pass)
    search_cfg.optim_wrapper.weights = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=1.0))
    search_cfg.optim_wrapper.arch = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=1.0))
    runner = Runner.from_cfg(copy.deepcopy(search_cfg))
    expected: list[dict] = []

    class Expect(Hook):
        """Differentiates the loss of the first batch, and leaves every generator as it was."""

        priority = 'VERY_HIGH'

        def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
            if expected:
                return
            model, state = runner.model, torch.get_rng_state()
            masks = [generator.get_state() for generator in model.generators()]
            buffers = copy.deepcopy(dict(model.named_buffers()))
            parameters = dict(model.named_parameters())
            with enable_grad(parameters.values()):
                loss = step_loss(model, None, data_batch, alpha_step=True)()
                grads = torch.autograd.grad(loss, list(parameters.values()), allow_unused=True)
            expected.append(dict(zip(parameters, grads)))
            torch.set_rng_state(state)
            for generator, kept in zip(model.generators(), masks):
                generator.set_state(kept)
            for name, buffer in model.named_buffers():
                buffer.copy_(buffers[name])

    recorder = Recorder()
    runner.register_hook(recorder)
    runner.register_hook(Expect())
    runner.train()
    start, _, after = recorder.states[:3]
    moves = {name: start[name] - after[name] for name in start}
    same = {name for name, g in expected[0].items() if g is not None and torch.allclose(moves[name], g, atol=1e-6)}
    differing = {name for name, g in expected[0].items() if g is not None} - same
    assert (not differing) == one_pass
    assert not any(p.requires_grad for p in runner.model.arch_parameters())
    assert not runner.model.arch.alpha_step
    assert all(p.grad is None for p in runner.model.arch_parameters())


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
        (dict(warmup_epochs=-1), 'BilevelHook.warmup_epochs must be a whole number of at least 0, got -1'),
        (dict(one_pass=True), 'BilevelHook.one_pass needs single_level=True and order=1, got False and 1'),
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


def test_one_pass_refuses_accumulated_gradients(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.default_hooks.bilevel.update(single_level=True, one_pass=True)
    search_cfg.optim_wrapper.weights.accumulative_counts = 2
    with pytest.raises(
        ValueError, match='BilevelHook.one_pass takes the gradient of alpha from the step of the weights'
    ):
        run_search(search_cfg)


def test_the_alpha_step_is_no_waiting_for_data(search_cfg: Config) -> None:
    """MMEngine's timer has noted the time of the data before the alpha step begins."""
    runner = Runner.from_cfg(search_cfg)
    names = [type(hook).__name__ for hook in runner.hooks]
    assert names.index('IterTimerHook') < names.index('BilevelHook')
