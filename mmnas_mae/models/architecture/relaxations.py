"""Relaxations: how architecture parameters weigh the candidate operations.

Here are their base class and those that run every candidate; :mod:`.gumbel_relaxations`
and :mod:`.uniform_path_relaxation` hold those that draw.
"""

from abc import ABCMeta, abstractmethod
from typing import Any, Optional, Sequence

import torch
from torch import Tensor, nn

from ...registry import MODELS
from ...spaces import CellGraph
from ...utils.ranges import COUNT, NOT_NEGATIVE, POSITIVE

#: For each edge the candidates that are executed; None for all.
Active = Optional[Sequence[Sequence[int]]]


class Relaxation(nn.Module, metaclass=ABCMeta):
    """From alpha to what an edge runs on.

    :meth:`weights` says what derivation ranks and draws nothing, :meth:`forward` what a
    forward pass runs on. A relaxation that draws overrides both.

    Args:
        samples: forward passes whose mean loss a step minimises, each with a draw of its
            own (gradient accumulation of ROME). Only for relaxations that draw.
        regularizer: config of a :class:`mmnas_mae.models.Regularizer`.
        init_mean, init_std: alpha starts as ``init_mean + init_std * N(0, 1)``; a deviation of None
            is that of the class, and where this has none that of the architecture.

    Attributes:
        adds_undrawn: whether weights of candidates that do not run are added to the node as numbers.
            They are zero, and so is the sum, but alpha gets a gradient through them.
        draws_edges: whether edges are drawn apart from operations, by parameters ``beta``
            of their own.
        runs_all: whether every forward pass runs every candidate; False where :meth:`forward`
            ever names active ones.
        on_simplex: whether the rows of :meth:`weights` sum to one and are what a forward pass
            runs on.

    Raises:
        ValueError: ``samples`` is below 1, or ``init_std`` negative.
    """

    init_std: Optional[float] = None
    adds_undrawn = False
    draws_edges = False
    runs_all = True
    on_simplex = False

    def __init__(
        self,
        samples: int = 1,
        regularizer: Optional[dict] = None,
        init_mean: float = 0.0,
        init_std: Optional[float] = None,
    ) -> None:
        super().__init__()
        COUNT.check('relaxation.samples', samples)
        self.samples = samples
        self.init_mean = init_mean
        if init_std is not None:
            NOT_NEGATIVE.check('relaxation.init_std', init_std)
            self.init_std = init_std
        self.regularizer = MODELS.build(regularizer) if regularizer is not None else None
        self.register_buffer('tau', None)

    def set_temperature(self, tau: float) -> None:
        """Gives the relaxation a temperature; a buffer, so that a checkpoint holds that which it was trained at.

        Args:
            tau: where it begins.

        Raises:
            ValueError: ``tau`` is not positive.
        """
        POSITIVE.check('relaxation.tau', tau)
        self.tau = torch.tensor(float(tau))

    @property
    def temperature(self) -> Optional[Tensor]:
        """``tau``, a 0-dimensional buffer that :meth:`forward` divides by; None where there is none."""
        return self.tau

    @abstractmethod
    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """
        Args:
            alpha (Tensor): (E, K) architecture parameters.
            valid (Tensor): (E, K), False where an edge has fewer than K candidates.

        Returns:
            Tensor: (E, K) weights, zero where not valid.
        """

    def forward(
        self,
        alpha: Tensor,
        valid: Tensor,
        graph: CellGraph,
        beta: Optional[Tensor] = None,
        alpha_step: bool = False,
    ) -> tuple[Tensor, Active]:
        """
        Args:
            alpha, valid (Tensor): as in :meth:`weights`.
            graph: the cell that the rows are the edges of.
            beta (Tensor): (E,) parameters of the edges, if ``draws_edges``.
            alpha_step: whether the gradient of alpha is wanted.

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


def softmax(alpha: Tensor, valid: Tensor) -> Tensor:
    """Softmax over the valid candidates of each row: (E, K), zero where not valid."""
    return alpha.masked_fill(~valid, float('-inf')).softmax(dim=-1)


@MODELS.register_module()
class SoftmaxRelaxation(Relaxation):
    """Softmax over the candidates of each edge (DARTS), annealed where it has a temperature (ASAP, arXiv:1904.04123).

    Args:
        tau: temperature that alpha is divided by, which :class:`mmnas_mae.TemperatureHook` lowers
            so that the weights of an edge part; None has none (DARTS).
        samples, regularizer, init_mean, init_std: as in :class:`Relaxation`.

    Raises:
        ValueError: ``tau`` is not positive.
    """

    on_simplex = True

    def __init__(self, tau: Optional[float] = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if tau is not None:
            self.set_temperature(tau)

    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """As :meth:`Relaxation.weights`; rows sum to one."""
        return softmax(alpha if self.tau is None else alpha / self.tau, valid)


@MODELS.register_module()
class SigmoidRelaxation(Relaxation):
    """A sigmoid for each candidate, so that candidates do not compete (FairDARTS).

    xiaomi-automl/FairDARTS: ``fairdarts/model_search.py``. Alpha starts at zero. Goes with
    :class:`mmnas_mae.ZeroOneLoss` as ``regularizer`` and with ``derivation=dict(threshold=0.85)``.

    Args:
        samples, regularizer, init_mean, init_std: as in :class:`Relaxation`.
    """

    init_std = 0.0

    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """As :meth:`Relaxation.weights`; rows do not sum to one."""
        return alpha.sigmoid() * valid

    def undecided(self, weights: Tensor, valid: Tensor) -> Tensor:
        """Mean entropy of the yes or no of each candidate: (E,), from 0 to 1."""
        inside = weights.clamp(1e-7, 1 - 1e-7)
        entropy = -(inside * inside.log2() + (1 - inside) * (1 - inside).log2())
        return (entropy * valid).sum(-1) / valid.sum(-1)
