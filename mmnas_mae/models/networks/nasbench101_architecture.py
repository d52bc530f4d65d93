"""The architecture parameters of a NAS-Bench-101 search network."""

import math
from itertools import combinations
from typing import Mapping, Optional, Union

import torch
from torch import Tensor, nn

from ...spaces import (
    NASBENCH101_OPS,
    CellGenotype,
    Genotype,
    ModelSpec,
    NASBench101Space,
    SearchSpace,
    get_space,
    state_names,
)
from ...spaces.nasbench101 import SpecLike, to_genotype
from ...spaces.nasbench101_spec import UniqueGraph, unique_graphs
from ..architecture.base_architecture import BaseArchitecture, ChoiceTable
from .nasbench101_network import Gates


class NASBench101Architecture(BaseArchitecture):
    """Alpha as a distribution over the cells of the space.

    ``p(cell) ~ exp(sum of alpha over its edges) * product of softmax(alpha) over its
    operations``, normalised over the graphs of :func:`unique_graphs`, of which there
    are 2,494, so nothing is sampled by rejection or approximated. With alpha at zero
    all cells are equally likely (those with a symmetric graph once for each labelling).

    Args:
        space: the search space, or its name or config.
        init_std: alpha starts as ``init_std * N(0, 1)`` (1e-3 in DARTS).

    Attributes:
        alphas: ``edges`` (E,), one for each pair of places, and ``ops`` (V, 3), one row
            for each interior place. Interior vertex v takes place v; the output vertex
            takes the last place in a cell of any size.

    Raises:
        ValueError: the space is another one.
    """

    def __init__(self, space: Union[str, dict, SearchSpace] = 'nasbench101', init_std: float = 1e-3) -> None:
        super().__init__()
        self.space = get_space(space)
        if not isinstance(self.space, NASBench101Space):
            raise ValueError(f'this search network needs the space nasbench101, got {self.space.name!r}')
        places = self.space.max_vertices
        self.graphs = unique_graphs(places, self.space.max_edges)
        pairs = list(combinations(range(places), 2))
        self.pair_index = {pair: i for i, pair in enumerate(pairs)}
        edges = torch.zeros(len(self.graphs), len(pairs))
        vertices = torch.zeros(len(self.graphs), places - 2)
        for row, graph in enumerate(self.graphs):
            edges[row, list(self._edges(graph).values())] = 1
            vertices[row, : len(graph.matrix) - 2] = 1
        self.register_buffer('edges', edges, persistent=False)
        self.register_buffer('vertices', vertices, persistent=False)
        self.alphas = nn.ParameterDict(
            dict(
                edges=nn.Parameter(init_std * torch.randn(len(pairs))),
                ops=nn.Parameter(init_std * torch.randn(places - 2, len(NASBENCH101_OPS))),
            )
        )

    def _edges(self, graph: UniqueGraph) -> dict[tuple[int, int], int]:
        """Edges of a graph, with the position of their alpha."""
        last = len(graph.matrix) - 1
        ends = {last: self.space.max_vertices - 1}
        return {
            (s, t): self.pair_index[s, ends.get(t, t)]
            for s, t in combinations(range(last + 1), 2)
            if graph.matrix[s][t]
        }

    def weights(self) -> dict[str, Tensor]:
        """Probabilities: ``graphs`` (G,), and ``ops`` (V, 3) at each interior place."""
        return dict(graphs=self._logits().softmax(0), ops=self.alphas['ops'].softmax(-1))

    def _logits(self) -> Tensor:
        # Not a matrix product, which mixed precision would round.
        labellings = self.vertices.sum(1) * math.log(len(NASBENCH101_OPS))
        return (self.edges * self.alphas['edges']).sum(1) + labellings

    def draw(self, generator: Optional[torch.Generator] = None) -> tuple[ModelSpec, Optional[Gates]]:
        """Draws a cell, with gates in the alpha step; in eval mode the most likely cell.

        A gate is 1 in the forward pass; its gradient is that of the marginal
        probability of its edge or operation (a straight-through estimator).

        Args:
            generator: torch's global one by default, as for drop path.
        """
        if not self.training:
            return self.hold(self.genotype())
        weights = self.weights()
        row, labels = (
            torch.multinomial(weights[name].detach().float().cpu(), 1, generator=generator).flatten().tolist()
            for name in ('graphs', 'ops')
        )
        graph = self.graphs[row[0]]
        spec = graph.spec(labels[: len(graph.matrix) - 2])
        if not self.alpha_step:
            return spec, None
        marginals = self._marginals(weights)
        gates = {edge: _straight_through(marginals[i]) for edge, i in self._edges(graph).items()}
        for v, label in enumerate(labels[: len(graph.matrix) - 2], 1):
            gates[v] = _straight_through(weights['ops'][v - 1, label])
        return spec, gates

    def hold(self, choice: SpecLike) -> tuple[ModelSpec, None]:
        """One cell, in any of its forms.

        Raises:
            ValueError: it is no cell of the space.
        """
        return self.space.spec(choice), None

    def _marginals(self, weights: Mapping[str, Tensor]) -> Tensor:
        """The probability that a cell drawn from alpha has an edge, for each pair of places: (E,)."""
        return (weights['graphs'].unsqueeze(1) * self.edges).sum(0)

    @torch.no_grad()
    def genotype(self, exclude_none: Optional[bool] = None) -> Genotype:
        """The most likely cell; ties go to the earlier graph and operation.

        Args:
            exclude_none: without effect, as the space has no such operation.

        Raises:
            ValueError: alpha holds a value that is not finite.
        """
        if not all(bool(alpha.isfinite().all()) for alpha in self.alphas.values()):
            raise ValueError('the architecture parameters are not finite; the search has diverged')
        best = self.alphas['ops'].log_softmax(-1).max(-1)
        graph = self.graphs[int((self._logits() + (self.vertices * best.values).sum(1)).argmax())]
        return to_genotype(graph.spec(best.indices.tolist()[: len(graph.matrix) - 2]))

    @torch.no_grad()
    def entropy(self) -> float:
        """Entropy of the distribution over cells, in shares of its maximum (1 = undecided)."""
        graphs, ops = self.weights().values()
        of_ops = -(ops * ops.clamp_min(1e-12).log()).sum(-1)
        total = -(graphs * graphs.clamp_min(1e-12).log()).sum() + (graphs * (self.vertices * of_ops).sum(1)).sum()
        cells = sum(len(NASBENCH101_OPS) ** (len(graph.matrix) - 2) for graph in self.graphs)
        return float(total) / math.log(cells)

    def choices(self, cells: Mapping[str, CellGenotype]) -> list[ChoiceTable]:
        """Operations of the interior places, and the marginal probability of each edge."""
        (cell,), places, weights = cells.values(), self.space.max_vertices, self.weights()
        # Interior vertex v takes place v and is node v - 1 in drawings; the output takes the last place.
        names = [*state_names(1, places - 2), 'output']
        place = {t: places - 1 if t == len(cell.nodes) else t for t in range(1, len(cell.nodes) + 1)}
        edges = {(s, place[t]) for t, node in enumerate(cell.nodes, 1) for _, s in node}
        labels = {place[t]: op for t, node in enumerate(cell.nodes, 1) for op, _ in node}
        of_ops = torch.tensor([[labels.get(v) == op for op in NASBENCH101_OPS] for v in range(1, places - 1)])
        of_edges = torch.tensor([[pair in edges] for pair in self.pair_index])
        pairs = tuple(f'{names[s]} → {names[t]}' for s, t in self.pair_index)
        return [
            ChoiceTable('operations', tuple(names[1:-1]), NASBENCH101_OPS, weights['ops'], of_ops),
            ChoiceTable('edges', pairs, ('edge',), self._marginals(weights).unsqueeze(1), of_edges),
        ]


def _straight_through(probability: Tensor) -> Tensor:
    return 1 + (probability - probability.detach())
