"""The weighted sum of feature maps, on which a search spends much of its memory traffic."""

from typing import Any, Optional, Sequence

import torch
from torch import Tensor

#: A feature map and its weight, a tensor of one element; None stands for one.
Term = tuple[Optional[Tensor], Tensor]


def weighted_sum(terms: Sequence[Term]) -> Tensor:
    """``sum(weight * x)``: one pass over each map, and no product is kept.

    Args:
        terms: at least one; maps of equal shape.

    Returns:
        Tensor: the shape of the maps.
    """
    maps = [x for _, x in terms]
    if len(terms) == 1 or len({(x.dtype, x.device) for x in maps}) > 1 or torch.compiler.is_compiling():
        return sum(x if weight is None else weight * x for weight, x in terms)
    one = torch.ones((), dtype=maps[0].dtype, device=maps[0].device)
    weights = torch.stack([one if weight is None else weight.to(one) for weight, _ in terms])
    return _WeightedSum.apply(weights, *maps)


class _WeightedSum(torch.autograd.Function):
    """(T,) weights and T maps to their weighted sum. Its gradient can be differentiated again."""

    @staticmethod
    def forward(ctx: Any, weights: Tensor, *maps: Tensor) -> Tensor:
        # The maps are only needed for the gradient of the weights.
        ctx.save_for_backward(weights, *(maps if ctx.needs_input_grad[0] else ()))
        total = weights[0] * maps[0]
        if total.device.type == 'cpu':
            for weight, x in zip(weights[1:].tolist(), maps[1:]):
                total.add_(x, alpha=weight)
        else:  # a number would have to be waited for
            for weight, x in zip(weights[1:], maps[1:]):
                total.addcmul_(x, weight)
        return total

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Optional[Tensor], ...]:
        weights, *maps = ctx.saved_tensors
        own = torch.stack([_dot(grad, x) for x in maps]) if maps else None
        return own, *(w * grad if needed else None for w, needed in zip(weights, ctx.needs_input_grad[1:]))


def _dot(a: Tensor, b: Tensor) -> Tensor:
    """The sum of the products of two maps, which are not written down where both lie in memory alike."""
    if a.dtype in (torch.float32, torch.float64):
        for layout in ((0, 1, 2, 3), (0, 2, 3, 1)):
            if a.dim() == 4 and a.permute(layout).is_contiguous() and b.permute(layout).is_contiguous():
                return torch.dot(a.permute(layout).reshape(-1), b.permute(layout).reshape(-1))
    return (a * b).sum()
