"""Gradients of the validation loss with respect to the architecture, as pure functions.

Nothing here touches ``.grad`` of any parameter.
"""

from contextlib import contextmanager
from typing import Any, Callable, Iterable, Iterator, Sequence, Union

import torch
from torch import Tensor
from torch.optim import SGD, Optimizer

#: Computes a loss; called several times, it must compute the same function each time.
LossFn = Callable[[], Tensor]


@contextmanager
def enable_grad(parameters: Iterable[Tensor], frozen: Iterable[Tensor] = ()) -> Iterator[None]:
    """Lets ``parameters`` require gradients for the length of the block, and ``frozen`` none."""
    wanted = [(p, True) for p in parameters]
    wanted += [(p, False) for p in frozen]
    before = [p.requires_grad for p, _ in wanted]
    try:
        for p, flag in wanted:
            p.requires_grad_(flag)
        yield
    finally:
        for (p, _), flag in zip(wanted, before):
            p.requires_grad_(flag)


@contextmanager
def preserved(tensors: Iterable[Tensor]) -> Iterator[None]:
    """Restores the values of ``tensors`` at the end of the block, bit for bit."""
    tensors = list(tensors)
    values = [t.detach().clone() for t in tensors]
    try:
        yield
    finally:
        with torch.no_grad():
            for t, value in zip(tensors, values):
                t.copy_(value)


def replayed(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """``loss`` with the same random draws (drop path, noise) at every call."""
    state = torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []

    def run(*args: Any) -> Tensor:
        torch.set_rng_state(state)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)
        return loss(*args)

    return run


def gradients(loss: LossFn, inputs: Sequence[Tensor], frozen: Iterable[Tensor] = ()) -> tuple[list[Tensor], Tensor]:
    """The gradients of a loss, zeros for inputs that it does not depend on, and the loss.

    Args:
        loss: the loss, evaluated once.
        inputs: what it is differentiated by.
        frozen: parameters that it is not differentiated by, so that no graph is built for them.
    """
    with enable_grad(inputs, frozen):
        value = loss()
        grads = torch.autograd.grad(value, inputs, allow_unused=True)
    return [torch.zeros_like(p) if g is None else g for p, g in zip(inputs, grads)], value.detach()


def first_order(
    val_loss: LossFn, alphas: Sequence[Tensor], weights: Iterable[Tensor] = ()
) -> tuple[list[Tensor], Tensor]:
    """The gradient of L_val(w, alpha) at the current weights (DARTS, first order).

    No gradient of any weight is computed.

    Args:
        val_loss: the loss.
        alphas: architecture parameters.
        weights: the other parameters.

    Returns:
        tuple: the gradients, one for each of ``alphas``, and the loss.
    """
    return gradients(val_loss, alphas, weights)


def second_order(
    train_loss: LossFn,
    val_loss: LossFn,
    alphas: Sequence[Tensor],
    weights: Sequence[Tensor],
    optimizer: Optimizer,
    radius: float = 0.01,
    buffers: Iterable[Tensor] = (),
    reduce: Callable[[list[Tensor]], None] = lambda tensors: None,
    redraw: bool = False,
    nesterov: bool = True,
) -> tuple[list[Tensor], Tensor]:
    """The gradient of L_val(w'(alpha), alpha), w' being one step of SGD (DARTS, eq. 7 and 8).

    ``w' = w - eta * (momentum, weight decay and gradient of L_train as the optimizer
    has them)``. The mixed second derivative times ``v = dL_val/dw'`` is a central
    difference of ``dL_train/dalpha`` at ``w +- R v`` with ``R = radius / |v|``.

    Args:
        train_loss, val_loss: the two losses.
        alphas: architecture parameters.
        weights: the parameters that the step moves; restored afterwards bit for bit.
        optimizer: the SGD of the weights; only read.
        radius: length of the finite difference.
        buffers: restored afterwards too, so that no statistic of the moved weights stays.
        reduce: averages tensors over ranks in place.
        redraw: whether drop path, noise and other draws are drawn anew in each of the four
            evaluations, as in published code; by default all of them see the same draws, so that the
            difference of two is that of the weights alone.
        nesterov: False unrolls plain momentum where the optimizer has Nesterov's, as published code does.

    Returns:
        tuple: the gradients, one for each of ``alphas``, and L_val(w').

    Raises:
        TypeError: the optimizer is not SGD.
    """
    if not redraw:
        train_loss, val_loss = replayed(train_loss), replayed(val_loss)
    with preserved([*weights, *buffers]):
        train_grads, _ = gradients(train_loss, weights, alphas)
        reduce(train_grads)
        steps, gains = _sgd_step(optimizer, weights, train_grads, nesterov)
        start = [w.detach().clone() for w in weights]
        _assign(weights, start, steps, -1.0)

        grads, loss = gradients(val_loss, [*alphas, *weights])
        arch_grads, vector = grads[: len(alphas)], grads[len(alphas) :]
        reduce(vector)
        # d w' / d alpha = -gain * d2 L_train / dw dalpha, the gain being the learning
        # rate; it goes into the direction because groups may differ in it.
        vector = [gain * v for gain, v in zip(gains, vector)]
        norm = torch.sqrt(sum(v.double().square().sum() for v in vector))
        # Without a direction the difference is that of equal losses: zero. No number is read from the device.
        step = radius / torch.where(norm > 0, norm, torch.ones_like(norm))
        _assign(weights, start, vector, step)
        plus, _ = gradients(train_loss, alphas, weights)
        _assign(weights, start, vector, -step)
        minus, _ = gradients(train_loss, alphas, weights)
        arch_grads = [g - ((p - m) / (2 * step)).to(g.dtype) for g, p, m in zip(arch_grads, plus, minus)]
    return arch_grads, loss


@torch.no_grad()
def _assign(
    weights: Sequence[Tensor], start: Sequence[Tensor], direction: Sequence[Tensor], scale: Union[float, Tensor]
) -> None:
    for w, s, d in zip(weights, start, direction):
        w.copy_(s + scale * d)


@torch.no_grad()
def _sgd_step(
    optimizer: Optimizer, weights: Sequence[Tensor], grads: Sequence[Tensor], nesterov: bool
) -> tuple[list[Tensor], list[float]]:
    """What ``torch.optim.SGD`` would subtract from each weight, and its derivative by the gradient."""
    if not isinstance(optimizer, SGD):
        raise TypeError(
            f'BilevelHook(order=2) unrolls a step of SGD; optim_wrapper.weights.optimizer is {type(optimizer).__name__}'
        )
    groups = {id(p): group for group in optimizer.param_groups for p in group['params']}
    steps, gains = [], []
    for w, grad in zip(weights, grads):
        group = groups[id(w)]
        momentum, gain = group['momentum'], 1.0
        update = grad + group['weight_decay'] * w
        if momentum:
            buffer = optimizer.state.get(w, {}).get('momentum_buffer')
            if buffer is not None:
                gain = 1.0 - group['dampening']
                buffer = momentum * buffer + gain * update
            else:
                buffer = update
            if group['nesterov'] and nesterov:
                update, gain = update + momentum * buffer, 1.0 + momentum * gain
            else:
                update = buffer
        steps.append(group['lr'] * update)
        gains.append(group['lr'] * gain)
    return steps, gains
