"""Scalars of a step that stay on the device until a log is written."""

import math
from typing import Union
from weakref import WeakKeyDictionary

import torch
from mmengine.hooks import LoggerHook
from mmengine.logging import MessageHub
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.runner import Runner
from torch import Tensor

#: What has not been read yet: (name, value) of each message hub, in order.
_PENDING: 'WeakKeyDictionary[MessageHub, list[tuple[str, Tensor]]]' = WeakKeyDictionary()

#: Iterations between two looks where nothing is logged.
_UNLOGGED = 50


def log_scalar(hub: MessageHub, name: str, value: Union[float, Tensor]) -> None:
    """``hub.update_scalar``, which for a value on a GPU waits until :func:`read_scalars`.

    Reading a number from a GPU waits for all that it has been given to do; once a step, it would stand
    still while the next one is prepared.

    Args:
        value: a number, or a tensor of one element.
    """
    if isinstance(value, Tensor) and value.is_cuda:
        # A copy: the next step may overwrite the value.
        _PENDING.setdefault(hub, []).append((name, value.detach().reshape(()).float().clone()))
    else:
        hub.update_scalar(name, value)


def read_scalars(hub: MessageHub) -> None:
    """Reads all that waits, at once."""
    pending = _PENDING.pop(hub, [])
    if pending:
        values = torch.stack([value for _, value in pending]).tolist()
        for (name, _), value in zip(pending, values):
            hub.update_scalar(name, value)


def log_interval(runner: Runner) -> int:
    """Iterations after which the log may be written: each line of each LoggerHook falls on a multiple of it."""
    return math.gcd(*(max(hook.interval, 1) for hook in runner.hooks if isinstance(hook, LoggerHook))) or _UNLOGGED


class _DeferredNorm:
    """Of an ``OptimWrapper`` of MMEngine: the norm of the gradients is read from the device only when it is logged."""

    def _clip_grad(self) -> None:
        parameters = [p for group in self.optimizer.param_groups for p in group['params']]
        parameters = [p for p in parameters if p.requires_grad and p.grad is not None]
        if parameters:
            norm = self.clip_func(parameters, **self.clip_grad_kwargs)
            if norm is not None:
                log_scalar(self.message_hub, f'train/{self.grad_name}', norm)


class DeferredOptimWrapper(_DeferredNorm, OptimWrapper):
    """MMEngine's ``OptimWrapper``, which does not wait for the norm of the gradients."""


class DeferredAmpOptimWrapper(_DeferredNorm, AmpOptimWrapper):
    """MMEngine's ``AmpOptimWrapper``, which does not wait for the norm of the gradients."""


#: What takes the place of a wrapper of MMEngine.
DEFERRED = {OptimWrapper: DeferredOptimWrapper, AmpOptimWrapper: DeferredAmpOptimWrapper}
