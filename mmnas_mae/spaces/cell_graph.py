"""A cell as data: which edges it has and which operations may stand on them."""

from dataclasses import dataclass
from typing import Optional, Sequence

from .genotype import CellGenotype


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


def state_names(num_inputs: int, num_nodes: int) -> list[str]:
    """What the states of a cell are called: its inputs, then its nodes."""
    names = [f'input {i + 1}' for i in range(num_inputs)] if num_inputs > 1 else ['input']
    return [*names, *(f'node {i}' for i in range(num_nodes))]
