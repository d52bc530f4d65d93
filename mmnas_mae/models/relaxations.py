"""Relaxations: how architecture parameters weigh the candidate operations."""

from torch import Tensor, nn

from ..registry import MODELS


@MODELS.register_module()
class SoftmaxRelaxation(nn.Module):
    """Softmax over the candidates of each edge (DARTS)."""

    def forward(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """
        Args:
            alpha (Tensor): (E, K) architecture parameters.
            valid (Tensor): (E, K), False where an edge has fewer than K candidates.

        Returns:
            Tensor: (E, K) weights, zero where not valid.
        """
        return alpha.masked_fill(~valid, float('-inf')).softmax(dim=-1)
