"""The mixed operation on one edge of a search network, and how the edge connects to it."""

from dataclasses import replace
from typing import Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import MODELS
from ..layers.cell_state import CellState
from ..layers.masked_norm import Visibility, hide
from ..layers.node import Term, add_up
from ..layers.ops import Identity, OpArgs, Zero, build_op


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
        """The edge alone; a cell sums the :meth:`terms` of all edges into a node at once.

        Args:
            x (Tensor): (B, C, H, W).
            weights (Tensor): (K,) with K at least the number of candidates; what
                stands beyond them is padding.
            visible: what ``sparse`` masking leaves visible.
            active: the candidates to execute, those with a weight other than zero; all
                by default.

        Returns:
            Tensor: (B, C', H', W').
        """
        return add_up([Term(*term) for term in self.terms(CellState(x, visible), weights.unbind(), active)])

    def terms(
        self, source: CellState, weights: Sequence[Tensor], active: Optional[Sequence[int]] = None
    ) -> Sequence[Term]:
        """What the edge adds to its node: at least one map, each with its weight.

        Args:
            source: the state that the edge leaves.
            weights: of each candidate, and what else :meth:`forward` says.
        """
        chosen = range(len(self.ops)) if active is None else active
        # ``none`` adds nothing to the sum and passes no gradient, so it is not computed.
        terms = [self._term(self.ops[k], weights[k], source) for k in chosen if not isinstance(self.ops[k], Zero)]
        return terms or [Term(None, self._zeros(source.x))]

    def _term(self, op: nn.Module, weight: Tensor, source: CellState) -> Term:
        """What one candidate adds."""
        return source.term(op, weight)

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

    def terms(
        self, source: CellState, weights: Sequence[Tensor], active: Optional[Sequence[int]] = None
    ) -> Sequence[Term]:
        """As :meth:`MixedOp.terms`."""
        chosen = source.x.shape[1] // self.portion
        mixed = add_up(super().terms(source.channels(chosen), weights, active))
        bypass = source.x[:, chosen:]
        if self.args.stride == 2:
            # ceil_mode keeps pace with the candidates on maps of odd size.
            bypass = hide(F.max_pool2d(bypass, 2, 2, ceil_mode=True), source.visible)
        return [Term(None, F.channel_shuffle(torch.cat([mixed, bypass], dim=1), self.portion))]


@MODELS.register_module()
class AuxiliarySkipMixedOp(MixedOp):
    """A skip connection beside the candidates, whose weight decays to zero (DARTS-).

    Meituan-AutoML/DARTS-: ``src/search/model_search.py``. ``sum + beta * skip(x)``, the skip
    being a factorised reduction where the edge reduces. It takes over what makes skip
    connections help the training of the search network, and does not exist in what is
    derived.

    Args:
        names: candidate operations.
        args: what each is built from.
        beta: weight of the auxiliary skip, until :class:`mmnas_mae.AuxiliarySkipHook` changes it.
    """

    def __init__(self, names: Sequence[str], args: OpArgs, beta: float = 1.0) -> None:
        super().__init__(names, args)
        self.auxiliary = build_op('skip_connect', args)
        # A buffer, so that a checkpoint holds the weight it was trained with.
        self.register_buffer('beta', torch.tensor(float(beta)))

    def terms(
        self, source: CellState, weights: Sequence[Tensor], active: Optional[Sequence[int]] = None
    ) -> Sequence[Term]:
        """As :meth:`MixedOp.terms`."""
        return [*super().terms(source, weights, active), source.term(self.auxiliary, self.beta)]


@MODELS.register_module()
class SkipDropoutMixedOp(MixedOp):
    """Dropout after each skip connection that is an identity (P-DARTS).

    chenxin061/pdarts: ``model_search.py``; :class:`mmnas_mae.SkipDropoutHook` lets the rate decay.

    Args:
        names: candidate operations.
        args: what each is built from.
    """

    def __init__(self, names: Sequence[str], args: OpArgs) -> None:
        super().__init__(names, args)
        #: Share of the elements that is dropped in training.
        self.dropout = 0.0

    def _term(self, op: nn.Module, weight: Tensor, source: CellState) -> Term:
        term = super()._term(op, weight, source)
        if isinstance(op, Identity) and self.dropout > 0:
            term = term._replace(x=F.dropout(term.x, self.dropout, self.training))
        return term
