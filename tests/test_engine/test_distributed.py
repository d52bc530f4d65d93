"""Two processes against one, on the CPU with gloo."""

import copy
import os
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.nn.utils import clip_grad_norm_
from two_ranks import on_two_ranks

from mmnas_mae.apis import build_runner
from mmnas_mae.engine import first_order, second_order
from mmnas_mae.registry import MODELS


class Spy(Hook):
    """Keeps the parameters and every prepared batch of the first iteration."""

    priority = 'LOWEST'

    def __init__(self) -> None:
        self.batches: list[dict] = []
        self.states: list[dict] = []

    def before_train(self, runner: Runner) -> None:
        model = runner.model.module
        self.states.append(copy.deepcopy(model.state_dict()))
        prepare = model.prepare

        def spied(inputs: torch.Tensor, data_samples: Any = None) -> dict:
            self.batches.append(prepare(inputs, data_samples))
            return self.batches[-1]

        model.prepare = spied

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        if batch_idx == 0:
            self.states.append(copy.deepcopy(runner.model.module.state_dict()))
        raise StopIteration


def _worker(rank: int, cfg: Config, folder: str) -> None:
    runner = build_runner(cfg)
    spy = Spy()
    runner.register_hook(spy)
    try:
        runner.train()
    except StopIteration:
        pass
    torch.save(dict(batches=spy.batches, states=spy.states), os.path.join(folder, f'{rank}.pt'))


def _run(cfg: Config, folder: str, worker: Callable = _worker) -> list[dict]:
    cfg = copy.deepcopy(cfg)
    cfg.launcher = 'pytorch'
    on_two_ranks(worker, cfg, folder)
    return [torch.load(os.path.join(folder, f'{rank}.pt'), weights_only=False) for rank in (0, 1)]


def _mean(lists: list) -> list:
    return [sum(tensors) / len(tensors) for tensors in zip(*lists)]


def _check(search_cfg: Config, folder: str, arch_gradient: Callable) -> None:
    """One process that averages over both ranks' batches reaches the state that both ranks have."""
    ranks = _run(search_cfg, folder)
    start, end = ranks[0]['states']
    parameters = [name for name, _ in MODELS.build(search_cfg.model).named_parameters()]
    for name in parameters:
        assert torch.equal(start[name], ranks[1]['states'][0][name]), name
        assert torch.equal(end[name], ranks[1]['states'][1][name]), name
    images = [rank['batches'][0]['images'] for rank in ranks]
    masks = [rank['batches'][0]['mask'] for rank in ranks]
    assert not torch.equal(*images)
    assert not torch.equal(*masks)

    model = MODELS.build(search_cfg.model)
    model.load_state_dict(start)
    model.train()
    optim = search_cfg.optim_wrapper
    weights = model.weight_parameters()
    sgd = torch.optim.SGD(weights, **{k: v for k, v in optim.weights.optimizer.items() if k != 'type'})
    adam = torch.optim.Adam(model.arch_parameters(), **{k: v for k, v in optim.arch.optimizer.items() if k != 'type'})
    grads = arch_gradient(model, sgd, ranks)
    for alpha, grad in zip(model.arch_parameters(), grads):
        alpha.grad = grad
    adam.step()
    grads = []
    for rank in ranks:
        loss = model.losses(**rank['batches'][-1])['loss']
        grads.append(torch.autograd.grad(loss, weights))
    for weight, grad in zip(weights, _mean(grads)):
        weight.grad = grad
    clip_grad_norm_(weights, optim.weights.clip_grad.max_norm)
    sgd.step()
    for name, value in model.named_parameters():
        torch.testing.assert_close(value.detach(), end[name], rtol=1e-4, atol=1e-6, msg=name)
        if '.alphas.' in name:
            assert not torch.equal(start[name], end[name])


def test_two_ranks_equal_one_process_first_order(search_cfg: Config, tmp_path: Any) -> None:
    def gradient(model: Any, sgd: torch.optim.SGD, ranks: list) -> list:
        return _mean(
            [
                first_order(lambda r=r: model.losses(**r['batches'][0])['loss'], model.arch_parameters())[0]
                for r in ranks
            ]
        )

    _check(search_cfg, str(tmp_path), gradient)


def test_two_ranks_equal_one_process_second_order(search_cfg: Config, tmp_path: Any) -> None:
    """Of the three batches of a step the hook prepares that of alpha first, then that of the weights."""
    search_cfg.default_hooks.bilevel.order = 2

    def gradient(model: Any, sgd: torch.optim.SGD, ranks: list) -> list:
        def mean_loss(index: int) -> torch.Tensor:
            return sum(model.losses(**r['batches'][index])['loss'] for r in ranks) / len(ranks)

        return second_order(
            lambda: mean_loss(1),
            lambda: mean_loss(0),
            model.arch_parameters(),
            [p for group in sgd.param_groups for p in group['params']],
            sgd,
            buffers=model.buffers(),
        )[0]

    _check(search_cfg, str(tmp_path), gradient)


def _resume(rank: int, cfg: Config, folder: str) -> None:
    """A search of one epoch that goes on with other images, and with its own."""
    cfg.train_cfg.max_epochs = 1
    build_runner(copy.deepcopy(cfg)).train()
    cfg.train_cfg.max_epochs, cfg.resume = 2, True
    other = copy.deepcopy(cfg)
    other.train_dataloader.dataset.seed = 3
    try:
        build_runner(other).train()
        message = None
    except ValueError as error:
        message = str(error)
    runner = build_runner(cfg)
    runner.train()
    torch.save(dict(message=message, epoch=runner.epoch), os.path.join(folder, f'{rank}.pt'))


@pytest.mark.slow
def test_two_ranks_go_on_with_their_own_images_alone(search_cfg: Config, tmp_path: Any) -> None:
    for found in _run(search_cfg, str(tmp_path), _resume):
        assert found['message'].startswith('resume: train_dataloader.dataset must read the images of the checkpoint')
        assert found['message'].endswith('seed=0, got seed=3')
        assert found['epoch'] == 2
