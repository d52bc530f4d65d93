"""Relaxations: how architecture parameters weigh the candidate operations."""

from typing import Optional, Sequence

from torch import Tensor, nn

from ..registry import MODELS
from ..spaces import CellGraph

#: For each edge the candidates that are executed; None for all.
Active = Optional[Sequence[Sequence[int]]]


@MODELS.register_module()
class SoftmaxRelaxation(nn.Module):
    """Softmax over the candidates of each edge (DARTS).

    The base of the others: :meth:`weights` says what derivation ranks and draws
    nothing, :meth:`forward` what a forward pass runs on.
    """

    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """
        Args:
            alpha (Tensor): (E, K) architecture parameters.
            valid (Tensor): (E, K), False where an edge has fewer than K candidates.

        Returns:
            Tensor: (E, K) weights, zero where not valid.
        """
        return alpha.masked_fill(~valid, float('-inf')).softmax(dim=-1)

    def forward(self, alpha: Tensor, valid: Tensor, graph: CellGraph) -> tuple[Tensor, Active]:
        """
        Args:
            alpha, valid (Tensor): as in :meth:`weights`.
            graph: the cell that the rows are the edges of.

        Returns:
            tuple: (E, K) weights, and for each edge the candidates that are executed
            (None for all).
        """
        return self.weights(alpha, valid), None
