"""The weighted sum of feature maps, on which a search spends much of its memory traffic."""

from typing import Any, Optional, Sequence

import torch
from torch import Tensor

#: A feature map and its weight, a 0-dimensional tensor; None stands for one.
Term = tuple[Optional[Tensor], Tensor]


def weighted_sum(terms: Sequence[Term]) -> Tensor:
    """``sum(weight * x)``: one pass over each map, and no product is kept.

    Args:
        terms: at least one; maps of equal shape, such as (B, C, H, W).

    Returns:
        Tensor: the shape of the maps.
    """
    maps = [x for _, x in terms]
    # A compiler and a tracer need operators that they know.
    known = torch.compiler.is_compiling() or torch.jit.is_tracing()
    if known or len(terms) == 1 or len({(x.dtype, x.device) for x in maps}) > 1:
        return product_sum(terms)
    given = [weight for weight, _ in terms if weight is not None]
    weights = torch.stack(given).to(maps[0].dtype) if given else maps[0].new_empty(0)
    # Those without a weight come last, so that the others have the places of their weights.
    order = sorted(range(len(terms)), key=lambda i: terms[i][0] is None)
    return _WeightedSum.apply(weights, *(maps[i] for i in order))


def product_sum(terms: Sequence[Term]) -> Tensor:
    """The same as :func:`weighted_sum`, product by product."""
    products = [x if weight is None else weight * x for weight, x in terms]
    return sum(products[1:], start=products[0])


class _WeightedSum(torch.autograd.Function):
    """(T,) weights and at least T maps to the sum of the maps, the first T times their weights.

    Its gradient can be differentiated again.
    """

    @staticmethod
    def forward(ctx: Any, weights: Tensor, *maps: Tensor) -> Tensor:
        count = len(weights)
        # The maps are only needed for the gradient of the weights.
        ctx.save_for_backward(weights, *(maps[:count] if ctx.needs_input_grad[0] else ()))
        on_cpu = maps[0].device.type == 'cpu'
        # Elsewhere a number would have to be waited for.
        numbers = weights.tolist() if on_cpu else weights.unbind()
        total = numbers[0] * maps[0] if count else maps[0] + maps[1]
        for weight, x in zip(numbers[1:], maps[1:count]):
            total.add_(x, alpha=weight) if on_cpu else total.addcmul_(x, weight)
        for x in maps[count or 2 :]:
            total.add_(x)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Optional[Tensor], ...]:
        weights, *maps = ctx.saved_tensors
        # One copy, if any: where a cell concatenates its nodes, each gets a slice of a gradient, which the backward
        # pass of a normalisation is slow on.
        grad = _dense(grad)
        own = torch.stack([_dot(grad, x) for x in maps]) if maps else None
        factors = [*weights, *[None] * (len(ctx.needs_input_grad) - 1 - len(weights))]
        grads = (
            None if not needed else grad if factor is None else factor * grad
            for factor, needed in zip(factors, ctx.needs_input_grad[1:])
        )
        return own, *grads


def _dense(x: Tensor) -> Tensor:
    """``x`` without gaps in memory, channels last where its channels lie together."""
    if x.dim() == 4 and x.stride(1) == 1 and x.shape[1] > 1:
        return x.contiguous(memory_format=torch.channels_last)
    return x.contiguous()


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """The sum of the products of two maps, which are not written down where both lie in memory alike."""
    if a.dtype in (torch.float32, torch.float64):
        for layout in ((0, 1, 2, 3), (0, 2, 3, 1)):
            x, y = (tensor.permute(layout) if tensor.dim() == 4 else tensor for tensor in (a, b))
            if x.is_contiguous() and y.is_contiguous():
                # By samples, since one long dot product loses digits in single precision.
                return torch.linalg.vecdot(x.reshape(len(x), -1), y.reshape(len(y), -1)).sum()
    return (a * b).sum()
