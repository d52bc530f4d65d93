"""A relaxation of your own: weights that can be exactly zero."""

import torch
from torch import Tensor

from mmnas_mae.models import Relaxation
from mmnas_mae.registry import MODELS


@MODELS.register_module()
class SparsemaxRelaxation(Relaxation):
    """The point of the simplex that is nearest to alpha (Martins and Astudillo 2016, sparsemax)."""

    # The rows are weights that sum to one, so hooks that move within the simplex work too.
    on_simplex = True

    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """(E, K) -> (E, K), zero for the weakest candidates and where not valid."""
        ordered = alpha.masked_fill(~valid, float('-inf')).sort(dim=-1, descending=True).values
        rank = torch.arange(1, alpha.shape[-1] + 1, device=alpha.device)
        # -inf stands behind all others and never belongs to the support.
        cumulated = ordered.masked_fill(ordered.isinf(), 0.0).cumsum(dim=-1)
        support = (1 + rank * ordered > cumulated).sum(dim=-1, keepdim=True)
        threshold = (cumulated.gather(-1, support - 1) - 1) / support
        return (alpha - threshold).clamp_min(0) * valid
