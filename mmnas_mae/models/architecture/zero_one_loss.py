"""Weights of operations near zero or one."""

from typing import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from ...registry import MODELS
from ...utils.ranges import NOT_NEGATIVE
from .regularizer import Regularizer


@MODELS.register_module()
class ZeroOneLoss(Regularizer):
    """Pushes operation weights away from one half (FairDARTS: fairdarts/separate_loss.py).

    ``-weight * mean((w - 0.5)^2)`` over all candidates of all edges, or the absolute
    difference.

    Args:
        weight: factor of the loss.
        norm: ``l2`` or ``l1``.

    Raises:
        ValueError: ``norm`` is unknown, or ``weight`` negative.
    """

    def __init__(self, weight: float = 10.0, norm: str = 'l2') -> None:
        super().__init__()
        if norm not in ('l1', 'l2'):
            raise ValueError(f"ZeroOneLoss.norm must be 'l1' or 'l2', got {norm!r}")
        NOT_NEGATIVE.check('ZeroOneLoss.weight', weight)
        self.weight = weight
        self.distance = F.mse_loss if norm == 'l2' else F.l1_loss

    def forward(self, weights: Mapping[str, Tensor], valid: Mapping[str, Tensor]) -> Tensor:
        """As the base class says."""
        # Products, since picking the valid ones would have to ask the device how many there are.
        every = torch.cat([w.flatten() for w in weights.values()])
        counted = torch.cat([valid[kind].flatten() for kind in weights])
        distances = self.distance(every, torch.full_like(every, 0.5), reduction='none')
        return -self.weight * (distances * counted).sum() / counted.sum()
