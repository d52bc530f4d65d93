"""The loss of a batch as a function that can be evaluated again, and the alpha step on it."""

from contextlib import nullcontext
from typing import Any, Optional

import torch
from mmengine.dist import all_reduce_params
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import Tensor

from ..models import SearchModel
from .arch_grad import LossFn, enable_grad, first_order, second_order


def set_epoch(dataset: Any, epoch: int) -> None:
    """Tells a data set whose augmentation depends on it which epoch it is."""
    if hasattr(dataset, 'set_epoch'):
        dataset.set_epoch(epoch)


def step_loss(
    model: SearchModel,
    wrapper: Optional[OptimWrapper],
    data_batch: Any,
    alpha_step: bool = False,
    twice: bool = False,
) -> LossFn:
    """What a step on ``data_batch`` minimises, everything random in the data drawn once.

    Args:
        wrapper: the optimizer wrapper whose precision the loss is computed in; None for that
            of the parameters.
        alpha_step: whether the gradient of alpha is wanted.
        twice: whether the loss is differentiated twice, which a replayed one cannot be.
    """
    data = model.data_preprocessor(data_batch, True)
    prepared = model.prepare_batch(data['inputs'], data.get('data_samples'))

    def loss() -> Tensor:
        precision = nullcontext() if wrapper is None else wrapper.optim_context(model)
        with precision, model.arch.in_alpha_step() if alpha_step else nullcontext():
            losses = model.total_losses(**prepared) if twice else model.step_losses(prepared)
            return model.parse_losses(losses)[0]

    return loss


def arch_step(
    model: SearchModel,
    wrappers: OptimWrapperDict,
    arch_batch: Any,
    weights_batch: Any,
    order: int = 1,
    **unrolled: Any,
) -> Tensor:
    """Optimises the architecture once (paper eq. 2); the gradient is averaged over ranks.

    Clipping and precision are those of the wrapper ``arch``.

    Args:
        wrappers: the optimizers ``weights`` and ``arch``.
        arch_batch: data of the validation loss.
        weights_batch: data of the unrolled step of the weights, for ``order=2``.
        order: 1, or 2 for the gradient through that step.
        unrolled: ``radius``, ``redraw`` and ``nesterov`` of :func:`second_order`.

    Returns:
        Tensor: the validation loss, of this rank.

    Raises:
        ValueError: ``order=2`` with loss scaling.
    """
    wrapper, weights = wrappers['arch'], wrappers['weights']
    scaler = getattr(wrapper, 'loss_scaler', None)
    scaled = scaler is not None and scaler.is_enabled()
    if scaled and order == 2:
        raise ValueError('BilevelHook(order=2) does not go with fp16 loss scaling; use dtype="bfloat16"')
    val_loss, alphas = step_loss(model, wrapper, arch_batch, alpha_step=True), model.arch_parameters()
    if order == 1:
        scaled_loss = (lambda: scaler.scale(val_loss())) if scaled else val_loss
        grads, loss = first_order(scaled_loss, alphas, trained(weights))
        loss = loss / scaler.get_scale() if scaled else loss
    else:
        grads, loss = second_order(
            step_loss(model, weights, weights_batch, alpha_step=True),
            val_loss,
            alphas,
            trained(weights),
            weights.optimizer,
            buffers=model.buffers(),
            reduce=mean_over_ranks,
            **unrolled,
        )
    _apply(wrapper, alphas, grads)
    return loss


def trained(wrapper: OptimWrapper) -> list[Tensor]:
    """The parameters of an optimizer."""
    return [p for group in wrapper.optimizer.param_groups for p in group['params']]


def shared_step(model: SearchModel, wrapper: OptimWrapper) -> None:
    """Optimises the architecture by the gradients that the backward pass of the weights has left in it.

    They are averaged over ranks, which distributed training does not do for parameters that did not
    require gradients when it was set up.

    Args:
        wrapper: the optimizer ``arch``.
    """
    alphas = model.arch_parameters()
    _apply(wrapper, alphas, [torch.zeros_like(a) if a.grad is None else a.grad for a in alphas])


def _apply(wrapper: OptimWrapper, alphas: list[Tensor], grads: list[Tensor]) -> None:
    mean_over_ranks(grads)
    for alpha, grad in zip(alphas, grads):
        alpha.grad = grad
    # The wrapper clips only what requires gradients.
    with enable_grad(alphas):
        wrapper.step()
    wrapper.zero_grad()


def mean_over_ranks(tensors: list[Tensor]) -> None:
    """Averages tensors over ranks in place."""
    all_reduce_params(tensors, op='mean')
