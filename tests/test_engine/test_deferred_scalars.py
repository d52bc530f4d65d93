"""Scalars on a device reach the log when it is written, all of them."""

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import LoggerHook
from mmengine.logging import MessageHub
from mmengine.optim import OptimWrapper
from mmengine.runner import Runner
from torch import nn

from mmnas_mae.engine import BilevelOptimWrapperConstructor, DeferredInfoHook
from mmnas_mae.engine.deferred_scalars import DeferredOptimWrapper, log_scalar, read_scalars
from mmnas_mae.registry import HOOKS


class OnGPU(torch.Tensor):
    """A tensor of the host that says it lies on a GPU, and that nothing may be read from."""

    is_cuda = True

    def item(self) -> float:
        raise AssertionError('read from the device')


@pytest.fixture
def hub() -> MessageHub:
    return MessageHub(name='scalars')


def on_gpu(value: float) -> torch.Tensor:
    return torch.tensor(value).as_subclass(OnGPU)


def test_values_of_the_host_are_logged_at_once(hub: MessageHub) -> None:
    log_scalar(hub, 'train/loss', torch.tensor(2.0))
    log_scalar(hub, 'train/loss', 3.0)
    assert hub.get_scalar('train/loss').data[0].tolist() == [2.0, 3.0]


def test_values_of_a_device_wait_and_keep_their_order(hub: MessageHub) -> None:
    place = on_gpu(1.0)
    log_scalar(hub, 'train/loss', place)
    place.fill_(5.0)  # as the next replay does
    log_scalar(hub, 'train/norm', on_gpu(7.0))
    log_scalar(hub, 'train/loss', place)
    assert not hub.log_scalars
    read_scalars(hub)
    assert hub.get_scalar('train/loss').data[0].tolist() == [1.0, 5.0]
    assert hub.get_scalar('train/norm').data[0].tolist() == [7.0]
    read_scalars(hub)
    assert len(hub.get_scalar('train/loss').data[0]) == 2


def test_they_are_read_where_the_log_is_written(hub: MessageHub) -> None:
    runner = SimpleNamespace(
        message_hub=hub, hooks=[LoggerHook(interval=3)], train_dataloader=[None] * 7, epoch=0, iter=0, max_epochs=1,
        max_iters=7,
    )  # fmt: skip
    runner.train_dataloader = type('Loader', (list,), dict(dataset=None))([None] * 7)
    hook, known = DeferredInfoHook(), []
    hook.before_train(runner)
    for i in range(7):
        hook.after_train_iter(runner, i, outputs=dict(loss=on_gpu(float(i))))
        known.append(len(hub.get_scalar('train/loss').data[0]) if 'train/loss' in hub.log_scalars else 0)
    assert known == [0, 0, 3, 3, 3, 6, 7]


def test_the_norm_of_the_gradients_waits_too() -> None:
    net = nn.Linear(2, 1, bias=False)
    hub = MessageHub.get_current_instance()
    wrapper = DeferredOptimWrapper(torch.optim.SGD(net.parameters(), lr=0.0), clip_grad=dict(max_norm=1.0))
    plain = OptimWrapper(torch.optim.SGD(net.parameters(), lr=0.0), clip_grad=dict(max_norm=1.0))
    for each in (plain, wrapper):
        net.zero_grad()
        each.update_params(net(torch.ones(1, 2)).sum() * 3)
    first, second = hub.get_scalar('train/grad_norm').data[0][-2:].tolist()
    assert first == second == pytest.approx(3 * 2**0.5)
    wrapper.clip_func = lambda parameters, **settings: on_gpu(9.0)
    wrapper.update_params(net(torch.ones(1, 2)).sum())
    assert hub.get_scalar('train/grad_norm').data[0][-1] == second
    read_scalars(hub)
    assert hub.get_scalar('train/grad_norm').data[0][-1] == 9.0


def test_searches_have_it_by_default(search_cfg: Config) -> None:
    assert HOOKS.build(dict(search_cfg.default_hooks.runtime_info)).__class__ is DeferredInfoHook
    runner = Runner.from_cfg(search_cfg)
    settings = {name: search_cfg.optim_wrapper[name] for name in ('weights', 'arch')}
    wrappers = BilevelOptimWrapperConstructor(settings)(runner.model)
    assert {type(wrapper) for wrapper in wrappers.values()} == {DeferredOptimWrapper}
    assert not any(group['fused'] for group in wrappers['weights'].optimizer.param_groups)


def fused(optimizer: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """What the constructor asks of an optimizer whose parameters lie on a GPU."""
    asked = {}

    class Kept(torch.optim.SGD):
        def __init__(self, params, lr, foreach=None, fused=None):
            asked.update(foreach=foreach, fused=fused)
            super().__init__(params, lr)

    monkeypatch.setattr(BilevelOptimWrapperConstructor, '_flat', staticmethod(lambda parameters: [on_gpu(1.0)]))
    constructor = BilevelOptimWrapperConstructor(dict(weights={}, arch={}))
    constructor.cfg['arch'] = dict(optimizer=dict(optimizer, type=Kept))
    constructor._build('arch', [nn.Parameter(torch.ones(1))])
    return asked['fused']


def test_optimizers_are_fused_on_a_gpu_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fused(dict(lr=0.1), monkeypatch) is True
    assert fused(dict(lr=0.1, fused=False), monkeypatch) is False
    assert fused(dict(lr=0.1, foreach=True), monkeypatch) is None
