"""The mixed operation on one edge of a search network, and how the edge connects to it."""

from dataclasses import replace
from typing import Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..registry import MODELS
from .masking import Visibility, hide
from .ops import OpArgs, Zero, build_op


@MODELS.register_module()
class MixedOp(nn.Module):
    """Weighted sum of the candidate operations of an edge, over all channels.

    It knows nothing of the architecture parameters: how they become weights is the
    relaxation's matter.

    Args:
        names: candidate operations.
        args: what each is built from.
    """

    def __init__(self, names: Sequence[str], args: OpArgs) -> None:
        super().__init__()
        self.args = args
        self.ops = nn.ModuleList(build_op(name, args) for name in names)

    def forward(
        self,
        x: Tensor,
        weights: Tensor,
        visible: Optional[Visibility] = None,
        active: Optional[Sequence[int]] = None,
    ) -> Tensor:
        """
        Args:
            x (Tensor): (B, C, H, W).
            weights (Tensor): (K,) with K at least the number of candidates; what
                stands beyond them is padding.
            active: the candidates to execute, those with a weight other than zero; all
                by default.

        Returns:
            Tensor: (B, C', H', W').
        """
        chosen = range(len(self.ops)) if active is None else active
        # ``none`` adds nothing to the sum and passes no gradient, so it is not computed.
        terms = [weights[k] * self.ops[k](x, visible) for k in chosen if not isinstance(self.ops[k], Zero)]
        return sum(terms) if terms else self._zeros(x)

    def _zeros(self, x: Tensor) -> Tensor:
        stride = self.args.stride
        return x.new_zeros(x.shape[0], self.args.out_channels, *x[:, :, ::stride, ::stride].shape[2:])


@MODELS.register_module()
class PartialMixedOp(MixedOp):
    """Partial channel connection of PC-DARTS (yuhuixu1993/PC-DARTS: model_search.py).

    The first ``1 / portion`` of the channels go through the candidates; the others pass
    by, max-pooled 2x2 where the edge reduces. Both are concatenated and the channels
    shuffled, so that the next edge mixes others.

    Args:
        names: candidate operations.
        args: what each would be built from over all channels.
        portion: K; 4 on CIFAR, 2 on ImageNet.

    Raises:
        ValueError: the channels do not divide by ``portion``, or the edge changes their number.
    """

    def __init__(self, names: Sequence[str], args: OpArgs, portion: int = 4) -> None:
        if portion < 1 or args.in_channels % portion:
            raise ValueError(
                f'connection.portion must divide the {args.in_channels} channels of an edge, got {portion}'
            )
        if args.in_channels != args.out_channels:
            raise ValueError(
                f'channels that pass by an edge keep their number; this edge goes from {args.in_channels} to '
                f'{args.out_channels}, so connection cannot be partial here'
            )
        super().__init__(
            names, replace(args, in_channels=args.in_channels // portion, out_channels=args.out_channels // portion)
        )
        self.portion = portion

    def forward(
        self,
        x: Tensor,
        weights: Tensor,
        visible: Optional[Visibility] = None,
        active: Optional[Sequence[int]] = None,
    ) -> Tensor:
        """As :meth:`MixedOp.forward`."""
        chosen = x.shape[1] // self.portion
        mixed = super().forward(x[:, :chosen], weights, visible, active)
        bypass = x[:, chosen:]
        if self.args.stride == 2:
            bypass = hide(F.max_pool2d(bypass, 2, 2), visible)
        return F.channel_shuffle(torch.cat([mixed, bypass], dim=1), self.portion)
