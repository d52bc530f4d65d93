"""A uniform draw of one path (SPOS)."""

from typing import Any, Optional, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from ...registry import MODELS
from ...spaces import CellGraph
from .relaxations import Active, Relaxation, softmax


@MODELS.register_module()
class UniformPathRelaxation(Relaxation):
    """One operation on each edge, all equally likely, whatever alpha says (RSPS, RLNAS, SETN).

    The draw is made in evaluation too: nothing is more likely than anything else. What
    derivation ranks is the softmax of alpha, which only SETN trains.

    Args:
        edges: edges that each node draws, as many as there are at most; None runs all
            (NAS-Bench-201). RLNAS draws 2 in the DARTS space.
        exclude: operations that are never drawn; RLNAS excludes ``none``.
        joint: runs all operations on the softmax of alpha in the alpha step, so that the weights
            train on uniform paths and alpha on the mixture (SETN).
        **kwargs: of :class:`Relaxation`.

    Raises:
        ValueError: ``edges`` is below 1, or an edge has only excluded operations.
    """

    runs_all = False

    def __init__(
        self, edges: Optional[int] = None, exclude: Sequence[str] = (), joint: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if edges is not None and edges < 1:
            raise ValueError(f'relaxation.edges must be at least 1 or None, got {edges}')
        self.edges = edges
        self.exclude = frozenset(exclude)
        self.joint = joint

    def weights(self, alpha: Tensor, valid: Tensor) -> Tensor:
        """The softmax of alpha, whatever is drawn."""
        return softmax(alpha, valid)

    def forward(
        self,
        alpha: Tensor,
        valid: Tensor,
        graph: CellGraph,
        beta: Optional[Tensor] = None,
        alpha_step: bool = False,
    ) -> tuple[Tensor, Active]:
        """As :meth:`Relaxation.forward`, with one active candidate on each drawn edge."""
        if self.joint and alpha_step:
            return self.weights(alpha, valid), None
        allowed = torch.tensor(
            [[float(k < len(ops) and ops[k] not in self.exclude) for k in range(alpha.shape[1])] for ops in graph.ops]
        )
        if not bool(allowed.any(dim=1).all()):
            raise ValueError(f'relaxation.exclude={sorted(self.exclude)} leaves an edge without operations')
        # Drawn on the CPU: the choice is needed there.
        chosen = torch.multinomial(allowed, 1).squeeze(1)
        active = [[k] for k in chosen.tolist()]
        if self.edges is not None:
            kept = {e for nodes in graph.incoming() for e in self._draw_edges(nodes)}
            active = [ops if e in kept else [] for e, ops in enumerate(active)]
        drawn = torch.tensor([bool(ops) for ops in active]).unsqueeze(1)
        return (F.one_hot(chosen, alpha.shape[1]) * drawn).to(alpha), active

    def _draw_edges(self, incoming: Sequence[int]) -> list[int]:
        return [incoming[i] for i in torch.randperm(len(incoming))[: self.edges].tolist()]
