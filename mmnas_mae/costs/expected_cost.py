"""The cost that an architecture is expected to have while it is still open."""

from typing import Mapping, Optional, Sequence

import torch
from torch import Tensor

from ..spaces import CellSpace, discretize
from ..spaces.discretize import never_derived
from .edge_costs import EdgeCosts


class ExpectedCost:
    """The cost of the derived network under a relaxation, a differentiable function of the strengths.

    Derivation keeps m operations of a node, each on an edge of its own: ``space.keep``, or as many as edges enter the
    node where fewer do. In the expectation all candidates (edge e, operation o) that may be derived share these m in
    proportion to their strengths s, and each counts its cost c::

        E = constant + sum over nodes of m * sum(s[e, o] * c[e, o]) / sum(s[e, o])

    Where a space keeps all edges, each edge has one operation, and the sum in the denominator is over its own
    candidates: there the softmax gives what it says. What derivation never picks, such as ``none`` in DARTS, has no
    share, so that an edge which leans to it hands its share to the others of its node.

    The strengths that stand for a genotype, 1 where it has an operation and 0 elsewhere among what may be derived,
    give every operation of it the share 1, and so its cost exactly.

    Args:
        space: the space.
        edge_costs: of its networks.
        metrics: which.
        exclude_none: as for :func:`mmnas_mae.spaces.discretize`.
    """

    def __init__(
        self, space: CellSpace, edge_costs: EdgeCosts, metrics: Sequence[str], exclude_none: Optional[bool] = None
    ) -> None:
        self.space = space
        never = never_derived(space, exclude_none)
        shapes = {kind: (len(graph.edges), graph.max_ops) for kind, graph in space.cells.items()}
        base = edge_costs.base(discretize(space, {kind: torch.ones(shape) for kind, shape in shapes.items()}))
        self.base = {metric: base[metric] for metric in metrics}
        #: For each cell type (E, K) bool.
        self.allowed = {kind: torch.zeros(shape, dtype=torch.bool) for kind, shape in shapes.items()}
        #: For each metric and cell type (E, K), in double precision, which holds whole numbers exactly.
        self.costs = {m: {kind: torch.zeros(s, dtype=torch.float64) for kind, s in shapes.items()} for m in metrics}
        for kind, rows in edge_costs.table(space).items():
            for e, (row, ops) in enumerate(zip(rows, space.cells[kind].ops)):
                for k, (cost, op) in enumerate(zip(row, ops)):
                    self.allowed[kind][e, k] = op not in never
                    for metric in metrics:
                        self.costs[metric][kind][e, k] = cost[metric]

    def __call__(
        self, strengths: Mapping[str, Tensor], edges: Optional[Mapping[str, Tensor]] = None
    ) -> dict[str, Tensor]:
        """The expected cost.

        Args:
            strengths: for each cell type (E, K), not negative: what derivation ranks.
            edges: for each cell type (E,) strengths of the edges beside them (ROME), which multiply them.

        Returns:
            dict: for each metric a 0-dimensional tensor in double precision.
        """
        shares = {}
        self._move(next(iter(strengths.values())).device)
        for kind, graph in self.space.cells.items():
            weights = strengths[kind].double() * self.allowed[kind]
            if edges is not None:
                weights = weights * edges[kind].double().unsqueeze(1)
            # The edges of a space are ordered by the node that they enter.
            nodes = weights.split([len(incoming) for incoming in graph.incoming()])
            shares[kind] = torch.cat([self._shares(node) for node in nodes])
        expected = {}
        for metric, costs in self.costs.items():
            expected[metric] = self.base[metric] + sum((shares[kind] * cost).sum() for kind, cost in costs.items())
        return expected

    def _move(self, device: torch.device) -> None:
        """Brings the tables to where alpha is, once."""
        if all(allowed.device == device for allowed in self.allowed.values()):
            return
        self.allowed = {kind: allowed.to(device) for kind, allowed in self.allowed.items()}
        self.costs = {m: {kind: cost.to(device) for kind, cost in costs.items()} for m, costs in self.costs.items()}

    def _shares(self, weights: Tensor) -> Tensor:
        """(edges of a node, K) weights -> how many times each operation is expected there."""
        keep = self.space.keep
        total = weights.sum(1, keepdim=True) if keep is None else weights.sum()
        # All strengths of a node vanish only where nothing of it may be derived.
        return weights * (1 if keep is None else min(keep, len(weights))) / total.clamp_min(1e-30)
