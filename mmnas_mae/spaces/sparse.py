"""Spaces of cells whose nodes may have fewer edges than the rule keeps (xiaomi-automl/FairDARTS)."""

from dataclasses import dataclass
from typing import Any, Mapping

from ..registry import SPACES
from ..utils.errors import one_line
from .cell_graph import CellGraph
from .darts import DARTS_OPS
from .genotype import CellGenotype, Edge, Genotype
from .space import CellSpace


@dataclass(frozen=True)
class SparseCellSpace(CellSpace):
    """A space of cells with up to ``keep`` edges for each node.

    A node without an edge is no state: nothing reads it, and it is left out of the output.
    Text names the node of each edge: ``Genotype(normal=[('skip_connect', 2, 0), ...])``.
    Random draws and :meth:`enumerate` give members in which every node has ``keep`` edges.
    """

    def _validate_cell(self, kind: str, graph: CellGraph, cell: CellGenotype) -> None:
        where = f'space {self.name}, cell {kind}'
        if len(cell.nodes) == graph.num_nodes:
            alive = [state for state in graph.concat if cell.nodes[state - graph.num_inputs]]
            if not alive or list(cell.concat) != alive:
                raise ValueError(f'{where}: the output must be the states with edges, {alive}, got {cell.concat}')
            for edges in cell.nodes:
                for _, source in edges:
                    if graph.num_inputs <= source < graph.num_inputs + graph.num_nodes and source not in alive:
                        raise ValueError(f'{where}: state {source} has no edges, so no edge can take it')
        super()._validate_cell(kind, graph, self._filled(graph, cell))

    def _filled(self, graph: CellGraph, cell: CellGenotype) -> CellGenotype:
        """The cell with edges added until each node has ``keep``."""
        candidates, nodes = self._candidates(graph), []
        for i, edges in enumerate(cell.nodes):
            used = {source for _, source in edges}
            free = [
                (ops[0], s) for (n, s), ops in candidates.items() if n == graph.num_inputs + i and s not in used and ops
            ]
            nodes.append((*edges, *free[: max(0, (self.keep or len(free)) - len(edges))]))
        return CellGenotype(tuple(nodes), graph.concat)

    def _moves(self, genotype: Genotype) -> dict[tuple[str, int, int], list[list[Edge]]]:
        moves = {}
        for (kind, i, k), choices in super()._moves(genotype).items():
            inputs = self.cells[kind].num_inputs
            exist = [[e for e in c if e[1] < inputs or genotype.cells[kind].nodes[e[1] - inputs]] for c in choices]
            if any(exist):
                moves[kind, i, k] = [edges for edges in exist if edges]
        return moves

    def format(self, genotype: Genotype) -> str:
        """Writes text in the style of FairDARTS, (operation, node, source) for each edge."""
        parts = []
        for kind, cell in self.ordered(genotype).cells.items():
            first = self.cells[kind].num_inputs
            parts.append(f'{kind}={[(op, first + i, s) for i, node in enumerate(cell.nodes) for op, s in node]}')
            parts.append(f'{kind}_concat={list(cell.concat)}')
        return f'Genotype({", ".join(parts)})'

    def read(self, values: Mapping[str, Any]) -> Genotype:
        """Reads the keywords of FairDARTS; the output is that of the nodes with edges.

        Raises:
            ValueError: a cell has another form.
        """
        try:
            kinds = [kind for kind in values if not kind.endswith('_concat')]
            cells = {kind: self._cell(kind, values[kind]) for kind in kinds}
        except (AttributeError, TypeError, ValueError, KeyError) as error:
            reason = one_line(error, kind=False)[:120]
            raise ValueError(
                f'a genotype of {self.name} reads Genotype(normal=[(operation, node, source), ...]): {reason}'
            ) from None
        return Genotype(self.name, cells)

    def _cell(self, kind: str, triples: list) -> CellGenotype:
        graph = self.cells[kind]
        nodes: list[list[Edge]] = [[] for _ in range(graph.num_nodes)]
        for op, node, source in triples:
            if not 0 <= node - graph.num_inputs < graph.num_nodes:
                raise ValueError(f'{kind} has no node {node}')
            nodes[node - graph.num_inputs].append((op, source))
        alive = [state for state in graph.concat if nodes[state - graph.num_inputs]]
        return CellGenotype.create(nodes, alive)


@SPACES.register_module(name=['darts_s0_sparse', 'fairdarts'])
def darts_s0_sparse() -> SparseCellSpace:
    """S0 without ``none``, up to two edges for each node, as FairDARTS derives them."""
    cell = CellGraph.dense(2, 4, [op for op in DARTS_OPS if op != 'none'])
    return SparseCellSpace('darts_s0_sparse', dict(normal=cell, reduce=cell), keep=2)
