"""Relaxations that draw operations and edges with Gumbel noise.

Noise is drawn in training only; in evaluation the most likely choice runs.
"""

from typing import Any, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from ...registry import MODELS
from ...spaces import CellGraph
from ...utils.ranges import COUNT
from .relaxations import Active, Relaxation, softmax

#: What becomes of the weights of operations that were not drawn.
UNDRAWN = ('dropped', 'constant')


@MODELS.register_module()
class ConcreteRelaxation(Relaxation):
    """Weights drawn from the concrete distribution (SNAS).

    ``softmax((log softmax(alpha) + g) / tau)`` with Gumbel noise g. All candidates run.

    Args:
        tau: temperature, which :class:`mmnas_mae.TemperatureHook` changes.
        **kwargs: of :class:`Relaxation`.

    Raises:
        ValueError: ``tau`` is not positive.
    """

    def __init__(self, tau: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.set_temperature(tau)

    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """The probabilities of the draw."""
        return softmax(alpha, valid)

    def draw(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """One draw for each row.

        Args:
            alpha (Tensor): (E, K) parameters.
            valid (Tensor): (E, K).

        Returns:
            Tensor: (E, K) weights that sum to one, zero where not valid.

        Raises:
            ValueError: alpha is not finite (on the CPU, where it costs nothing to see that).
        """
        logits = alpha.masked_fill(~valid, float('-inf')).log_softmax(dim=-1)
        if self.training:
            # An exponential of exactly zero has no finite logarithm; GDAS draws again.
            least = torch.finfo(logits.dtype).tiny
            logits = logits - torch.empty_like(logits).exponential_().clamp_min(least).log()
        weights = (logits / self.tau).softmax(dim=-1)
        # On a GPU the question would wait for the answer; the loss is looked at there.
        if not weights.is_cuda and not bool(weights.isfinite().all()):
            raise ValueError(
                f'the weights drawn at relaxation.tau={float(self.tau)} are not finite: the architecture parameters '
                'are not, or the temperature is too low'
            )
        return weights

    def forward(
        self,
        alpha: Tensor,
        valid: Tensor,
        graph: CellGraph,
        beta: Optional[Tensor] = None,
        alpha_step: bool = False,
    ) -> tuple[Tensor, Active]:
        """As :meth:`Relaxation.forward`."""
        return self.draw(alpha, valid), None


@MODELS.register_module()
class GumbelRelaxation(ConcreteRelaxation):
    """One operation for each edge, drawn by its probability; a straight-through gradient (GDAS).

    D-X-Y/AutoDL-Projects: ``xautodl/models/cell_searchs/search_model_gdas.py``. The weights
    are one-hot, their gradient is that of the concrete draw. Only what was drawn runs, so
    by the paper the gradient comes through its weight alone.

    Args:
        tau: temperature; GDAS goes from 10 to 0.1.
        undrawn: ``dropped`` for the weights of what was not drawn; ``constant`` adds them, which are
            zero, to the map, as the published search in NAS-Bench-201 does
            (``search_cells.py: forward_gdas``). Alpha then gets a gradient through each of them, the
            sum of that of the map.
        **kwargs: of :class:`Relaxation`.

    Raises:
        ValueError: ``undrawn`` is unknown.
    """

    runs_all = False

    def __init__(self, tau: float = 10.0, undrawn: str = 'dropped', **kwargs: Any) -> None:
        super().__init__(tau, **kwargs)
        if undrawn not in UNDRAWN:
            raise ValueError(f'relaxation.undrawn must be one of {UNDRAWN}, got {undrawn!r}')
        self.adds_undrawn = undrawn == 'constant'

    def forward(
        self,
        alpha: Tensor,
        valid: Tensor,
        graph: CellGraph,
        beta: Optional[Tensor] = None,
        alpha_step: bool = False,
    ) -> tuple[Tensor, Active]:
        """As :meth:`Relaxation.forward`, with one active candidate on each edge."""
        soft = self.draw(alpha, valid)
        chosen = soft.argmax(dim=-1)
        hard = F.one_hot(chosen, soft.shape[-1])
        return straight_through(hard, soft), [[k] for k in chosen.tolist()]


@MODELS.register_module()
class TopTwoRelaxation(GumbelRelaxation):
    """Topology drawn apart from operations (ROME; its paper calls Gumbel top-2 v2).

    Each node keeps the edges with the largest ``log softmax(beta) + g``, which is a draw
    without replacement (Gumbel top-2); their factors are one, with the gradient of the
    concrete draw over the node's edges. On each of them one operation is drawn as in
    GDAS. Nothing else runs. Derivation ranks edges by beta alone.

    No code of ROME has been published; the temperature and ``samples`` are choices.

    Args:
        tau: temperature of both draws.
        edges: edges that a node keeps.
        **kwargs: of :class:`Relaxation`; ROME accumulates over several ``samples``.

    Raises:
        ValueError: ``edges`` is below 1.
    """

    draws_edges = True

    def __init__(self, tau: float = 10.0, edges: int = 2, **kwargs: Any) -> None:
        super().__init__(tau, **kwargs)
        COUNT.check('relaxation.edges', edges)
        self.edges = edges

    def forward(
        self,
        alpha: Tensor,
        valid: Tensor,
        graph: CellGraph,
        beta: Optional[Tensor] = None,
        alpha_step: bool = False,
    ) -> tuple[Tensor, Active]:
        """As :meth:`Relaxation.forward`, with no active candidate on edges that are not kept."""
        weights, active = super().forward(alpha, valid, graph)
        factors = torch.cat([self._keep(beta[list(incoming)]) for incoming in graph.incoming()])
        kept = factors.detach().tolist()
        return weights * factors.unsqueeze(1), [ops if factor else [] for ops, factor in zip(active, kept)]

    def _keep(self, beta: Tensor) -> Tensor:
        """(N,) factors of the edges into a node: one or zero."""
        if len(beta) <= self.edges:
            return torch.ones_like(beta)
        soft = self.draw(beta.unsqueeze(0), torch.ones_like(beta, dtype=torch.bool).unsqueeze(0)).squeeze(0)
        hard = torch.zeros_like(soft).index_fill(0, soft.topk(self.edges).indices, 1.0)
        return straight_through(hard, soft)


def straight_through(hard: Tensor, soft: Tensor) -> Tensor:
    """The value of ``hard`` to the last bit, with the gradient of ``soft``."""
    return hard + (soft - soft.detach())
