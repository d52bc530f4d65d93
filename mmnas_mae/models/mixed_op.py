"""The mixed operation on one edge of a search network."""

from typing import Optional, Sequence

from torch import Tensor, nn

from .masking import Visibility
from .ops import OpArgs, Zero, build_op


class MixedOp(nn.Module):
    """Weighted sum of the candidate operations of an edge.

    It knows nothing of the architecture parameters: how they become weights is the
    relaxation's matter.

    Args:
        names: candidate operations.
        args: what each is built from.
    """

    def __init__(self, names: Sequence[str], args: OpArgs) -> None:
        super().__init__()
        self.ops = nn.ModuleList(build_op(name, args) for name in names)

    def forward(self, x: Tensor, weights: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """
        Args:
            x (Tensor): (B, C, H, W).
            weights (Tensor): (K,) with K at least the number of candidates; what
                stands beyond them is padding.

        Returns:
            Tensor: (B, C', H', W').
        """
        # ``none`` adds nothing to the sum and passes no gradient, so it is not computed.
        terms = [w * op(x, visible) for w, op in zip(weights.unbind(), self.ops) if not isinstance(op, Zero)]
        return sum(terms) if terms else self.ops[0](x, visible)
