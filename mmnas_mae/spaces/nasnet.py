"""The space of NASNet, whose members AmoebaNet and ENAS are too.

Zoph et al. 2018, section 3; the operations are listed in facebookresearch/unnas:
pycls/models/nas/genotypes.py. A cell has five nodes with two edges each. Both edges of a
node may come from one state, and the output concatenates the nodes that no other node
reads, so it differs from cell to cell.
"""

import random
from itertools import combinations_with_replacement, product
from typing import Iterator, Sequence

from ..registry import SPACES
from ..utils.errors import shorten
from .cell_graph import CellGraph
from .genotype import CellGenotype, Edge, Genotype
from .space import CellSpace

#: Candidate operations: the thirteen of NASNet; AmoebaNet uses eight of them, ENAS five.
NASNET_OPS = (
    'skip_connect',
    'conv_3x1_1x3',
    'conv_7x1_1x7',
    'dil_conv_3x3',
    'avg_pool_3x3',
    'max_pool_3x3',
    'max_pool_5x5',
    'max_pool_7x7',
    'conv_1x1',
    'conv_3x3',
    'sep_conv_3x3',
    'sep_conv_5x5',
    'sep_conv_7x7',
)


class NASNetSpace(CellSpace):
    """A space of ``normal`` and ``reduce`` cells with a free output.

    The output must hold every loose end, the nodes that no other node reads. It may hold
    more nodes, as what a gradient-based search derives does, and in a normal cell the
    inputs, as NASNet-A does.
    """

    def _validate_cell(self, kind: str, graph: CellGraph, cell: CellGenotype) -> None:
        where = f'space {self.name}, cell {kind}'
        if len(cell.nodes) != graph.num_nodes:
            raise ValueError(f'{where}: needs {graph.num_nodes} nodes, got {len(cell.nodes)}')
        candidates = self._candidates(graph)
        for node, edges in enumerate(cell.nodes, graph.num_inputs):
            if len(edges) != self.keep:
                raise ValueError(f'{where}: node {node} needs {self.keep} edges, got {len(edges)}')
            for op, source in edges:
                if source >= node:
                    raise ValueError(f'{where}: node {node} takes the states 0 to {node - 1}, got {source}')
                if op not in candidates[node, source]:
                    raise ValueError(
                        f'{where}: edge {source}->{node} cannot be {shorten(repr(op))}; it may be '
                        f'{candidates[node, source]}'
                    )
        ends = loose_ends(cell.nodes, graph.num_inputs)
        allowed = range(0 if kind == 'normal' else graph.num_inputs, graph.num_inputs + graph.num_nodes)
        if list(cell.concat) != sorted(set(cell.concat) & set(allowed)) or not set(ends) <= set(cell.concat):
            raise ValueError(
                f'{where}: the output must list states from {allowed[0]} to {allowed[-1]}, ascending, and among them '
                f'{list(ends)}, which no node reads; got {cell.concat}'
            )

    def random_genotype(self, generator: random.Random) -> Genotype:
        """Two different edges for each node, uniform over all pairs; the output holds the loose ends."""
        cells = {}
        for kind, graph in self.cells.items():
            drawn = (generator.sample(edges, self.keep) for edges in self._options(graph))
            cells[kind] = self._cell(graph, [sorted(edges, key=_place) for edges in drawn])
        return Genotype(self.name, cells)

    def mutate(self, genotype: Genotype, generator: random.Random) -> Genotype:
        """Changes one edge, its operation or its source as a coin decides; the output then holds the loose ends.

        Raises:
            ValueError: ``genotype`` is no member.
        """
        self.validate(genotype)
        kind = generator.choice(list(self.cells))
        graph, nodes = self.cells[kind], [list(node) for node in genotype.cells[kind].nodes]
        i, k = generator.randrange(len(nodes)), generator.randrange(self.keep)
        op, source = nodes[i][k]
        # Every node can take two states at least and every edge more than one operation.
        kept = generator.choice((0, 1))
        others = [edge for edge in self._options(graph)[i] if edge != (op, source)]
        nodes[i][k] = generator.choice([edge for edge in others if edge[kept] == (op, source)[kept]])
        nodes[i].sort(key=_place)
        return Genotype(self.name, {**genotype.cells, kind: self._cell(graph, nodes)})

    def neighbours(self, genotype: Genotype) -> list[Genotype]:
        """The members that :meth:`mutate` draws from.

        Raises:
            ValueError: ``genotype`` is no member.
        """
        self.validate(genotype)
        near = {}
        for kind, graph in self.cells.items():
            for i, options in enumerate(self._options(graph)):
                for k, (op, source) in enumerate(genotype.cells[kind].nodes[i]):
                    for edge in options:
                        if (edge[0] == op) != (edge[1] == source):
                            nodes = [list(node) for node in genotype.cells[kind].nodes]
                            nodes[i][k] = edge
                            nodes[i].sort(key=_place)
                            member = Genotype(self.name, {**genotype.cells, kind: self._cell(graph, nodes)})
                            near[self.format(member)] = member
        return list(near.values())

    def crossover(self, first: Genotype, second: Genotype, generator: random.Random) -> Genotype:
        """A member whose every edge comes from one of two members; the output holds the loose ends."""
        cells = {}
        for kind, graph in self.cells.items():
            pairs = zip(first.cells[kind].nodes, second.cells[kind].nodes)
            mixed = [sorted((generator.choice(edges) for edges in zip(*nodes)), key=_place) for nodes in pairs]
            cells[kind] = self._cell(graph, mixed)
        return Genotype(self.name, cells)

    def enumerate(self) -> Iterator[Genotype]:
        """Every member whose output holds the loose ends alone, one at a time."""
        kinds = []
        for graph in self.cells.values():
            pairs = [list(combinations_with_replacement(edges, self.keep)) for edges in self._options(graph)]
            kinds.append([self._cell(graph, nodes) for nodes in product(*pairs)])
        for cells in product(*kinds):
            yield Genotype(self.name, dict(zip(self.cells, cells)))

    def _options(self, graph: CellGraph) -> list[list[Edge]]:
        """Every edge that each node can take."""
        candidates = self._candidates(graph)
        nodes = range(graph.num_inputs, graph.num_inputs + graph.num_nodes)
        return [[(op, s) for s in range(node) for op in candidates[node, s]] for node in nodes]

    @staticmethod
    def _cell(graph: CellGraph, nodes: Sequence[Sequence[Edge]]) -> CellGenotype:
        return CellGenotype(tuple(map(tuple, nodes)), loose_ends(nodes, graph.num_inputs))


def loose_ends(nodes: Sequence[Sequence[Edge]], num_inputs: int) -> tuple[int, ...]:
    """The intermediate nodes that no other node reads."""
    read = {source for edges in nodes for _, source in edges}
    return tuple(state for state in range(num_inputs, num_inputs + len(nodes)) if state not in read)


def _place(edge: Edge) -> tuple[int, str]:
    """The order of edges in a node: by source, then by operation."""
    return edge[1], edge[0]


@SPACES.register_module(name=['nasnet', 'amoebanet', 'enas'])
def nasnet() -> NASNetSpace:
    """Cells of two inputs and five nodes, thirteen candidates on each edge."""
    cells = {kind: CellGraph.dense(2, 5, NASNET_OPS) for kind in ('normal', 'reduce')}
    return NASNetSpace('nasnet', cells, keep=2)
