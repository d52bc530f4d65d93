"""Gradient accumulation of the weights beside the alpha step."""

import copy
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmnas_mae.registry import MODELS


class Spy(Hook):
    """Keeps the state after each iteration and every prepared batch."""

    priority = 'LOWEST'

    def before_train(self, runner: Runner) -> None:
        self.states = [copy.deepcopy(runner.model.state_dict())]
        self.batches: list[dict] = []
        prepare = runner.model.prepare

        def spied(inputs: torch.Tensor, data_samples: Any = None) -> dict:
            self.batches.append(prepare(inputs, data_samples))
            return self.batches[-1]

        runner.model.prepare = spied

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        self.states.append(copy.deepcopy(runner.model.state_dict()))


def test_weights_move_by_the_mean_gradient_of_two_batches(search_cfg: Config) -> None:
    cfg = search_cfg
    cfg.default_hooks.bilevel.order = 2
    cfg.optim_wrapper.weights.accumulative_counts = 2
    cfg.optim_wrapper.weights.clip_grad = None
    cfg.optim_wrapper.weights.optimizer = dict(type='SGD', lr=0.1)
    cfg.param_scheduler = dict(weights=[], arch=[])
    cfg.train_cfg.max_epochs = 1
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.train_dataloader.batch_size = 2
    cfg.train_dataloader.dataset.parts = [('weights', 0.0005), ('arch', 0.0004)]
    runner = Runner.from_cfg(cfg)
    spy = Spy()
    runner.register_hook(spy)
    runner.train()
    iterations = len(runner.train_dataloader)
    assert iterations >= 3
    # An odd number of iterations: the last one stands alone, and its gradient is not lost.
    steps = [[i, i + 1] for i in range(0, iterations - 1, 2)] + ([[iterations - 1]] if iterations % 2 else [])
    model = MODELS.build(cfg.model).train()
    weights = [name for name, _ in model.named_parameters() if '.arch.' not in name]
    alphas = [name for name, _ in model.named_parameters() if '.arch.' in name]
    per_iteration = 3  # the alpha step of second order prepares two batches
    for i in range(iterations):
        before, after = spy.states[i], spy.states[i + 1]
        assert any(not torch.equal(before[name], after[name]) for name in alphas)
        is_step = any(step[-1] == i for step in steps)
        assert all(torch.equal(before[name], after[name]) for name in weights) != is_step
    for step in steps:
        total = dict.fromkeys(weights, 0)
        for i in step:
            # Alpha moved before the weights did, so its state is that after the iteration.
            state = {name: spy.states[i + (name in alphas)][name] for name in spy.states[i]}
            model.load_state_dict(state)
            loss = model.losses(**spy.batches[per_iteration * (i + 1) - 1])['loss']
            parameters = dict(model.named_parameters())
            grads = torch.autograd.grad(loss, [parameters[name] for name in weights])
            total = {name: total[name] + grad / len(step) for name, grad in zip(weights, grads)}
        for name in weights:
            expected = spy.states[step[0]][name] - 0.1 * total[name]
            torch.testing.assert_close(spy.states[step[-1] + 1][name], expected, rtol=1e-4, atol=1e-6, msg=name)


def test_accumulation_of_alpha_is_refused(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.optim_wrapper.arch.accumulative_counts = 2
    with pytest.raises(ValueError, match='optim_wrapper.arch.accumulative_counts must be 1'):
        run_search(search_cfg)
