"""Relaxations: how architecture parameters weigh the candidate operations.

Here are those that run every candidate; :mod:`.gumbel_relaxations` and
:mod:`.uniform_path_relaxation` hold those that draw.
"""

from typing import Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...registry import MODELS
from ...spaces import CellGraph

#: For each edge the candidates that are executed; None for all.
Active = Optional[Sequence[Sequence[int]]]


@MODELS.register_module()
class SoftmaxRelaxation(nn.Module):
    """Softmax over the candidates of each edge (DARTS).

    The base of the others: :meth:`weights` says what derivation ranks and draws
    nothing, :meth:`forward` what a forward pass runs on.

    Args:
        samples: forward passes whose mean loss a step minimises, each with a draw of its
            own (gradient accumulation of ROME). Only for relaxations that draw.
        regularizer: config of a loss on the operation weights, which is added in the steps
            of alpha and of the weights alike.

    Attributes:
        init_std: alpha starts as ``init_std * N(0, 1)``; None leaves it to the architecture.
        draws_edges: whether edges are drawn apart from operations, by parameters ``beta``
            of their own.

    Raises:
        ValueError: ``samples`` is below 1.
    """

    init_std: Optional[float] = None
    draws_edges = False

    def __init__(self, samples: int = 1, regularizer: Optional[dict] = None) -> None:
        super().__init__()
        if samples < 1:
            raise ValueError(f'relaxation.samples must be at least 1, got {samples}')
        self.samples = samples
        self.regularizer = MODELS.build(regularizer) if regularizer is not None else None

    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """
        Args:
            alpha (Tensor): (E, K) architecture parameters.
            valid (Tensor): (E, K), False where an edge has fewer than K candidates.

        Returns:
            Tensor: (E, K) weights, zero where not valid.
        """
        return alpha.masked_fill(~valid, float('-inf')).softmax(dim=-1)

    def forward(
        self, alpha: Tensor, valid: Tensor, graph: CellGraph, beta: Optional[Tensor] = None
    ) -> tuple[Tensor, Active]:
        """
        Args:
            alpha, valid (Tensor): as in :meth:`weights`.
            graph: the cell that the rows are the edges of.
            beta (Tensor): (E,) parameters of the edges, if ``draws_edges``.

        Returns:
            tuple: (E, K) weights, and for each edge the candidates that are executed
            (None for all).
        """
        return self.weights(alpha, valid), None

    def undecided(self, weights: Tensor, valid: Tensor) -> Tensor:
        """How open the choice on each edge is: (E,), from 0 to 1.

        Args:
            weights (Tensor): (E, K), of :meth:`weights`.
            valid (Tensor): (E, K).
        """
        entropy = -(weights * weights.clamp_min(1e-12).log()).sum(-1)
        return entropy / valid.sum(-1).clamp_min(2).to(entropy.dtype).log()


@MODELS.register_module()
class SigmoidRelaxation(SoftmaxRelaxation):
    """A sigmoid for each candidate, so that candidates do not compete (FairDARTS).

    xiaomi-automl/FairDARTS: ``fairdarts/model_search.py``. Alpha starts at zero. Goes with
    :class:`ZeroOneLoss` as ``regularizer`` and with ``derivation=dict(threshold=0.85)``.
    """

    init_std = 0.0

    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """As :meth:`SoftmaxRelaxation.weights`; rows do not sum to one."""
        return alpha.sigmoid() * valid

    def undecided(self, weights: Tensor, valid: Tensor) -> Tensor:
        """Mean entropy of the yes or no of each candidate: (E,), from 0 to 1."""
        inside = weights.clamp(1e-7, 1 - 1e-7)
        entropy = -(inside * inside.log2() + (1 - inside) * (1 - inside).log2())
        return (entropy * valid).sum(-1) / valid.sum(-1)


@MODELS.register_module()
class ZeroOneLoss(nn.Module):
    """Pushes operation weights away from one half (FairDARTS: fairdarts/separate_loss.py).

    ``-weight * mean((w - 0.5)^2)`` over all candidates of all edges, or the absolute
    difference.

    Args:
        weight: factor of the loss.
        norm: ``l2`` or ``l1``.

    Raises:
        ValueError: ``norm`` is unknown.
    """

    def __init__(self, weight: float = 10.0, norm: str = 'l2') -> None:
        super().__init__()
        if norm not in ('l1', 'l2'):
            raise ValueError(f"ZeroOneLoss.norm must be 'l1' or 'l2', got {norm!r}")
        self.weight = weight
        self.distance = F.mse_loss if norm == 'l2' else F.l1_loss

    def forward(self, weights: Tensor) -> Tensor:
        """
        Args:
            weights (Tensor): (N,) weights of all candidates.
        """
        return -self.weight * self.distance(weights, torch.full_like(weights, 0.5))
