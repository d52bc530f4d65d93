"""A sum over ranks that gradients pass through."""

from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor


class _RankSum(torch.autograd.Function):
    """Each rank's input enters every rank's sum, so the gradient is the sum of all ranks' gradients."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        x = x.clone()
        dist.all_reduce(x)
        return x

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        # By apply, so that it can be differentiated again.
        return _RankSum.apply(grad)


def sum_over_ranks(x: Tensor) -> Tensor:
    """The sum of ``x``, a tensor of any shape, over all ranks.

    The gradient that a rank gets is that of the sum of all ranks' losses; averaged over
    ranks, as DDP does, that of their mean.
    """
    return _RankSum.apply(x)
