"""Cells of NAS-Bench-101 as matrix and operations (google-research/nasbench: lib/model_spec.py, lib/graph_util.py)."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import permutations, product
from typing import Iterator, Sequence

from ..utils.errors import shorten

INPUT, OUTPUT = 'input', 'output'

#: Operations of the interior vertices; the position is the label that the benchmark hashes.
NASBENCH101_OPS = ('conv3x3-bn-relu', 'conv1x1-bn-relu', 'maxpool3x3')

#: Limits of the benchmark, counted after pruning; input and output are vertices too.
MAX_VERTICES, MAX_EDGES = 7, 9
#: Limit before pruning, which keeps a hostile cell from asking for a matrix of billions.
MOST_VERTICES = 100


@dataclass(frozen=True)
class ModelSpec:
    """A cell: a directed acyclic graph with an operation on each vertex.

    Nested lists and arrays are taken as well and stored as tuples. Only the form is
    checked here: vertices may dangle, and the limits are a matter of :meth:`check`.

    Args:
        matrix: square 0/1 matrix, upper triangular; ``matrix[s][t]`` is the edge s -> t.
        ops: ``input``, one of ``NASBENCH101_OPS`` for each interior vertex, ``output``.

    Raises:
        ValueError: another form; the message says what was found where.
    """

    matrix: tuple[tuple[int, ...], ...]
    ops: tuple[str, ...]

    def __post_init__(self) -> None:
        try:
            if max(len(self.matrix), len(self.ops), *map(len, self.matrix)) > MOST_VERTICES:
                raise ValueError(
                    f'a cell has at most {MOST_VERTICES} vertices, got a matrix of {len(self.matrix)} rows'
                )
            matrix, ops = tuple(tuple(row) for row in self.matrix), tuple(self.ops)
        except TypeError:
            found = ', '.join(shorten(repr(value)) for value in (self.matrix, self.ops))
            raise ValueError(f'matrix must be a list of rows and ops a list, got {found}') from None
        size = len(matrix)
        if size < 2 or any(len(row) != size for row in matrix):
            raise ValueError(f'matrix must be square with at least 2 rows, got rows of lengths {[*map(len, matrix)]}')
        for s, row in enumerate(matrix):
            for t, value in enumerate(row):
                if value not in (0, 1):
                    raise ValueError(f'matrix[{s}][{t}] must be 0 or 1, got {shorten(repr(value))}')
                if value and t <= s:
                    raise ValueError(f'matrix must be upper triangular (an edge leads to a later vertex), got {s}->{t}')
        if len(ops) != size:
            raise ValueError(f'ops must name an operation for each of the {size} vertices, got {len(ops)}')
        if (ops[0], ops[-1]) != (INPUT, OUTPUT):
            ends = ' and '.join(shorten(repr(op)) for op in (ops[0], ops[-1]))
            raise ValueError(f'ops must start with {INPUT!r} and end with {OUTPUT!r}, got {ends}')
        for t, op in enumerate(ops[1:-1], 1):
            if op not in NASBENCH101_OPS:
                raise ValueError(f'vertex {t} cannot be {shorten(repr(op))}; it may be {list(NASBENCH101_OPS)}')
        object.__setattr__(self, 'matrix', tuple(tuple(map(int, row)) for row in matrix))
        object.__setattr__(self, 'ops', tuple(map(str, ops)))

    @property
    def num_edges(self) -> int:
        """Number of edges."""
        return sum(map(sum, self.matrix))

    def kept(self) -> tuple[int, ...]:
        """Vertices on a path from input to output; empty where there is no path."""
        size = len(self.ops)
        reached, leading = {0}, {size - 1}
        for t in range(1, size):
            if any(self.matrix[s][t] for s in reached):
                reached.add(t)
        for s in reversed(range(size - 1)):
            if any(self.matrix[s][t] for t in leading):
                leading.add(s)
        return tuple(sorted(reached & leading)) if size - 1 in reached else ()

    def prune(self) -> 'ModelSpec':
        """The cell without dangling vertices, which compute nothing.

        Raises:
            ValueError: no path leads from input to output.
        """
        kept = self.kept()
        if not kept:
            raise ValueError('no path leads from input to output')
        if len(kept) == len(self.ops):
            return self
        matrix = tuple(tuple(self.matrix[s][t] for t in kept) for s in kept)
        return ModelSpec(matrix, tuple(self.ops[v] for v in kept))

    def check(self, max_vertices: int = MAX_VERTICES, max_edges: int = MAX_EDGES) -> 'ModelSpec':
        """The pruned cell, if it belongs to the benchmark.

        Raises:
            ValueError: no path, or too many vertices or edges after pruning.
        """
        spec = self.prune()
        if len(spec.ops) > max_vertices:
            raise ValueError(f'{len(spec.ops)} vertices after pruning, at most {max_vertices} are allowed')
        if spec.num_edges > max_edges:
            raise ValueError(f'{spec.num_edges} edges after pruning, at most {max_edges} are allowed')
        return spec

    def hash(self) -> str:
        """The benchmark's key: the same for all isomorphic cells (``hash_module``, MD5).

        Raises:
            ValueError: no path leads from input to output.
        """
        spec = self.prune()
        vertices = range(len(spec.ops))
        sources = [[s for s in vertices if spec.matrix[s][t]] for t in vertices]
        targets = [[t for t in vertices if spec.matrix[s][t]] for s in vertices]
        labels = [-1, *map(NASBENCH101_OPS.index, spec.ops[1:-1]), -2]
        keys = [_md5(str((len(targets[v]), len(sources[v]), labels[v]))) for v in vertices]
        for _ in vertices:
            keys = [
                _md5('|'.join([''.join(sorted(keys[w] for w in ends[v])) for ends in (sources, targets)] + [keys[v]]))
                for v in vertices
            ]
        return _md5(str(sorted(keys)))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True)
class UniqueGraph:
    """One of each class of isomorphic cells before the operations are chosen.

    Args:
        matrix: its first member in the order of the benchmark.
        symmetries: reorderings of the interior vertices that leave the graph as it is,
            as indices into its labels.
    """

    matrix: tuple[tuple[int, ...], ...]
    symmetries: tuple[tuple[int, ...], ...]

    def is_first(self, labels: Sequence[int]) -> bool:
        """Whether ``labels`` come first among the labellings that a symmetry maps to one another."""
        return all(list(labels) <= [labels[i] for i in symmetry] for symmetry in self.symmetries)

    def spec(self, labels: Sequence[int]) -> ModelSpec:
        """The cell with an operation of ``NASBENCH101_OPS`` on each interior vertex."""
        return ModelSpec(self.matrix, (INPUT, *(NASBENCH101_OPS[label] for label in labels), OUTPUT))


def enumerate_unique(max_vertices: int = MAX_VERTICES, max_edges: int = MAX_EDGES) -> Iterator[ModelSpec]:
    """All cells without dangling vertices, one of each isomorphism class, in seconds.

    They come as in the benchmark (scripts/generate_graphs.py): smaller cells first, and
    of isomorphic ones the first, so matrix and operations are those of its table.
    Unlike there, graphs are compared before they are labelled: two labellings of a
    graph are isomorphic if and only if a symmetry of the graph maps one to the other.
    """
    for graph in unique_graphs(max_vertices, max_edges):
        for labels in product(range(len(NASBENCH101_OPS)), repeat=len(graph.matrix) - 2):
            if graph.is_first(labels):
                yield graph.spec(labels)


@lru_cache(maxsize=8)
def unique_graphs(max_vertices: int = MAX_VERTICES, max_edges: int = MAX_EDGES) -> tuple[UniqueGraph, ...]:
    """The graphs of all cells, smaller ones first."""
    return tuple(graph for size in range(2, max_vertices + 1) for graph in _unique_graphs(size, max_edges))


def _unique_graphs(size: int, max_edges: int) -> Iterator[UniqueGraph]:
    # A graph is a whole number. Bit t(t-1)/2 + s is the edge s -> t, the order of the benchmark.
    bit = [[1 << (t * (t - 1) // 2 + s) if s < t else 0 for t in range(size)] for s in range(size)]
    outgoing = [sum(row) for row in bit[:-1]]
    orders = [(0, *order, size - 1) for order in permutations(range(1, size - 1))]
    seen = set()
    for graph in _with_incoming(size - 1, max_edges):
        if graph in seen or not all(graph & mask for mask in outgoing):
            continue
        edges = [(s, t) for t in range(size) for s in range(t) if graph & bit[s][t]]
        symmetries = []
        for order in orders:
            images = [bit[order[s]][order[t]] for s, t in edges]
            if not all(images):  # an edge would lead backwards
                continue
            seen.add(sum(images))
            if sum(images) == graph:
                symmetries.append(tuple(v - 1 for v in order[1:-1]))
        matrix = tuple(tuple(int(bool(graph & mask)) for mask in row) for row in bit)
        yield UniqueGraph(matrix, tuple(symmetries))


def _with_incoming(last: int, max_edges: int) -> Iterator[int]:
    """Graphs of vertices 0 to ``last``, ascending, in which each but 0 has an incoming edge."""
    if last == 0:
        yield 0
        return
    for sources in range(1, 1 << last):
        left = max_edges - sources.bit_count()
        if left >= last - 1:  # enough for the vertices before it
            for rest in _with_incoming(last - 1, left):
                yield sources << (last * (last - 1) // 2) | rest
