"""Search spaces as data: which edges a cell has and which operations may stand on them."""

import random
from dataclasses import dataclass
from typing import Mapping, Optional, Sequence, Union

from ..registry import SPACES
from .genotype import CellGenotype, Genotype, parse_darts_text


@dataclass(frozen=True)
class CellGraph:
    """A cell as a directed acyclic graph with operations on its edges.

    States are numbered: the inputs first, then the intermediate nodes. A node is
    the sum of its incoming edges.

    Args:
        num_inputs: number of input states (2 in DARTS, 1 in NAS-Bench-201).
        edges: (node, source) of each edge, ordered by node, then by source.
        ops: candidate operations of each edge, in the order of the architecture
            parameters.
        concat: states that form the output.
    """

    num_inputs: int
    edges: tuple[tuple[int, int], ...]
    ops: tuple[tuple[str, ...], ...]
    concat: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.edges) != len(self.ops):
            raise ValueError(f'a cell needs candidates for each edge: {len(self.edges)} edges, {len(self.ops)} lists')
        if list(self.edges) != sorted(self.edges) or any(source >= node for node, source in self.edges):
            raise ValueError('edges must be (node, source) with source < node, ordered by node and source')

    @classmethod
    def dense(
        cls, num_inputs: int, num_nodes: int, ops: Sequence, concat: Optional[Sequence[int]] = None
    ) -> 'CellGraph':
        """Every node receives every earlier state.

        Args:
            ops: one list of candidates for all edges, or a list of lists, one an edge.
            concat: defaults to all intermediate nodes.
        """
        states = range(num_inputs, num_inputs + num_nodes)
        edges = tuple((node, source) for node in states for source in range(node))
        if all(isinstance(op, str) for op in ops):
            ops = [ops] * len(edges)
        return cls(num_inputs, edges, tuple(map(tuple, ops)), tuple(states if concat is None else concat))

    @property
    def num_nodes(self) -> int:
        """Number of intermediate nodes."""
        return max(node for node, _ in self.edges) + 1 - self.num_inputs

    @property
    def max_ops(self) -> int:
        """Width of the architecture parameters: the longest list of candidates."""
        return max(map(len, self.ops))

    def incoming(self) -> tuple[tuple[int, ...], ...]:
        """Indices of the edges that enter each intermediate node."""
        return tuple(
            tuple(e for e, (node, _) in enumerate(self.edges) if node == self.num_inputs + i)
            for i in range(self.num_nodes)
        )

    @classmethod
    def from_genotype(cls, cell: CellGenotype, num_inputs: int) -> 'CellGraph':
        """The derived cell as a graph with a single candidate on each edge."""
        edges = [((num_inputs + i, source), (op,)) for i, node in enumerate(cell.nodes) for op, source in node]
        # Sorting is stable and the sum over edges of a node does not depend on their order.
        edges.sort(key=lambda item: item[0])
        return cls(num_inputs, tuple(e for e, _ in edges), tuple(op for _, op in edges), cell.concat)


@dataclass(frozen=True)
class CellSpace:
    """A space of cells: its graphs and its rule of derivation.

    Args:
        name: name under which genotypes refer to the space.
        cells: the graph of each cell type.
        keep: incoming edges kept for each node at derivation; None keeps all.
        never: operations that derivation never picks.
        skip_op: the operation counted as a skip connection.
    """

    name: str
    cells: Mapping[str, CellGraph]
    keep: Optional[int] = None
    never: tuple[str, ...] = ()
    skip_op: str = 'skip_connect'

    def parse(self, text: str) -> Genotype:
        """Reads the space's own text form."""
        return parse_darts_text(text, self.name, self.keep or 1)

    def format(self, genotype: Genotype) -> str:
        """Writes the space's own text form."""
        return genotype.to_text()

    def validate(self, genotype: Genotype) -> None:
        """Checks that ``genotype`` is a member of the space.

        Raises:
            ValueError: the reason, naming cell, node and what would be allowed.
        """
        if set(genotype.cells) != set(self.cells):
            raise ValueError(
                f'space {self.name} has the cells {sorted(self.cells)}, the genotype has {sorted(genotype.cells)}'
            )
        for kind, graph in self.cells.items():
            self._validate_cell(kind, graph, genotype.cells[kind])

    def _validate_cell(self, kind: str, graph: CellGraph, cell: CellGenotype) -> None:
        where = f'space {self.name}, cell {kind}'
        if len(cell.nodes) != graph.num_nodes:
            raise ValueError(f'{where}: needs {graph.num_nodes} nodes, got {len(cell.nodes)}')
        if cell.concat != graph.concat:
            raise ValueError(f'{where}: the output must be states {graph.concat}, got {cell.concat}')
        candidates = dict(zip(graph.edges, graph.ops))
        for i, (edges, incoming) in enumerate(zip(cell.nodes, graph.incoming())):
            node = graph.num_inputs + i
            expected = len(incoming) if self.keep is None else min(self.keep, len(incoming))
            if len(edges) != expected:
                raise ValueError(f'{where}: node {node} needs {expected} edges, got {len(edges)}')
            sources = [source for _, source in edges]
            if len(set(sources)) != len(sources):
                raise ValueError(f'{where}: node {node} has two edges from one state: {sources}')
            for op, source in edges:
                if (node, source) not in candidates:
                    raise ValueError(
                        f'{where}: node {node} cannot take state {source}; it takes '
                        f'{[s for n, s in graph.edges if n == node]}'
                    )
                allowed = [name for name in candidates[node, source] if name not in self.never]
                if op not in allowed:
                    raise ValueError(f'{where}: edge {source}->{node} cannot be {op!r}; it may be {allowed}')

    def random_genotype(self, generator: random.Random) -> Genotype:
        """A uniform draw: the kept edges of each node, then an operation on each."""
        cells = {}
        for kind, graph in self.cells.items():
            nodes = []
            for incoming in graph.incoming():
                kept = sorted(generator.sample(incoming, min(self.keep or len(incoming), len(incoming))))
                nodes.append(
                    tuple(
                        (generator.choice([op for op in graph.ops[e] if op not in self.never]), graph.edges[e][1])
                        for e in kept
                    )
                )
            cells[kind] = CellGenotype(tuple(nodes), graph.concat)
        return Genotype(self.name, cells)


def get_space(space: Union[str, dict, CellSpace]) -> CellSpace:
    """A space by registered name (``'s0'``, ``'darts_s0'``), by config, or as it is.

    Raises:
        ValueError: no such space; the message lists the registered names.
    """
    if not isinstance(space, (str, dict)):
        return space
    cfg = dict(type=space) if isinstance(space, str) else dict(space)
    if isinstance(cfg.get('type'), str):
        key = cfg['type'].removeprefix(f'{SPACES.scope}.')
        if SPACES.get(key) is None:
            key = key.lower().replace('-', '_')
        if SPACES.get(key) is None:
            raise ValueError(f'unknown search space {cfg["type"]!r}; there are: {", ".join(sorted(SPACES.module_dict))}')
        cfg['type'] = key
    return SPACES.build(cfg)
