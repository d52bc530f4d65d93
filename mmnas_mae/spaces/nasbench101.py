"""The space of NAS-Bench-101 (google-research/nasbench: lib/model_spec.py, api.py, NASBench.ipynb).

A cell has its operations on the vertices. In a :class:`CellGenotype`, state v is
vertex v of the pruned cell, each edge carries the operation of the vertex that it
enters (``output`` for the last), and ``concat`` names the output vertex alone.

The text form is that of the benchmark's compact table, ``<ops>|<edges>``: a digit for
each interior vertex (0 conv3x3, 1 conv1x1, 2 maxpool3x3), then the upper triangle of the
matrix, row by row, such as ``02001|100110100001001010101``.
"""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Iterator, Union

from ..registry import SPACES
from ..utils.errors import shorten
from .genotype import CellGenotype, Genotype
from .nasbench101_spec import (
    INPUT,
    MAX_EDGES,
    MAX_VERTICES,
    MOST_VERTICES,
    NASBENCH101_OPS,
    OUTPUT,
    ModelSpec,
    enumerate_unique,
    unique_graphs,
)
from .search_space import SearchSpace

NAME, CELL = 'nasbench101', 'cell'
_TEXT = re.compile(r'([0-9]*)\|([01]+)')

SpecLike = Union[ModelSpec, Genotype, Mapping, str]


def to_genotype(spec: ModelSpec) -> Genotype:
    """The pruned cell as a genotype.

    Raises:
        ValueError: no path leads from input to output.
    """
    spec = spec.prune()
    vertices = range(1, len(spec.ops))
    nodes = tuple(tuple((spec.ops[t], s) for s in range(t) if spec.matrix[s][t]) for t in vertices)
    return Genotype(NAME, {CELL: CellGenotype(nodes, (len(nodes),))})


def to_spec(arch: SpecLike) -> ModelSpec:
    """A cell from any of its forms; only a genotype is required to have no dangling vertex.

    Args:
        arch: a specification, a genotype, the dict of one (``matrix`` and ``ops``) or of
            the other (``space`` and ``cells``), or the text form.

    Raises:
        ValueError: ``arch`` is no such cell; the message gives the reason.
    """
    if isinstance(arch, ModelSpec):
        return arch
    if isinstance(arch, str):
        return _parse(arch)
    if isinstance(arch, Mapping):
        if 'matrix' in arch or 'ops' in arch:
            if not {'matrix', 'ops'} <= set(arch):
                raise ValueError(f"a cell of {NAME} has the keys 'matrix' and 'ops', got {shorten(repr(list(arch)))}")
            return ModelSpec(arch['matrix'], arch['ops'])
        arch = Genotype.from_dict(arch)
    if not isinstance(arch, Genotype):
        raise ValueError(f'a cell of {NAME} is a specification, genotype, dict or text, got {type(arch).__name__}')
    return _from_genotype(arch)


def _parse(text: str) -> ModelSpec:
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f'a cell of {NAME} reads like 02001|100110100001001010101, got {shorten(repr(text))}')
    digits, bits = match.groups()
    size = len(digits) + 2
    if size > MOST_VERTICES:
        raise ValueError(f'a cell has at most {MOST_VERTICES} vertices, got {size}')
    if len(bits) != size * (size - 1) // 2:
        raise ValueError(f'{len(digits)} operations need {size * (size - 1) // 2} edge bits, got {len(bits)}')
    unknown = set(digits) - set(map(str, range(len(NASBENCH101_OPS))))
    if unknown:
        raise ValueError(f'operations must be digits below {len(NASBENCH101_OPS)}, got {min(unknown)}')
    stream = iter(bits)
    matrix = tuple(tuple(int(next(stream)) if s < t else 0 for t in range(size)) for s in range(size))
    return ModelSpec(matrix, (INPUT, *(NASBENCH101_OPS[int(digit)] for digit in digits), OUTPUT))


def _from_genotype(genotype: Genotype) -> ModelSpec:
    if set(genotype.cells) != {CELL}:
        raise ValueError(f'space {NAME} has the cells {[CELL]}, the genotype has {sorted(genotype.cells)}')
    if genotype.macro:
        raise ValueError(f'space {NAME} has no macro settings, the genotype has {shorten(repr(dict(genotype.macro)))}')
    cell = genotype.cells[CELL]
    size = len(cell.nodes) + 1
    if size > MAX_VERTICES:
        raise ValueError(f'{size} vertices, at most {MAX_VERTICES} are allowed')
    matrix, ops = [[0] * size for _ in range(size)], [INPUT]
    for t, edges in enumerate(cell.nodes, 1):
        names = sorted({op for op, _ in edges})
        if not edges:
            raise ValueError(f'vertex {t} has no incoming edge')
        if len(names) > 1:
            raise ValueError(f'all edges into vertex {t} must carry its one operation, got {names}')
        for _, s in edges:
            if s >= t:
                raise ValueError(f'vertex {t} cannot take vertex {s}, which would close a cycle; it takes 0 to {t - 1}')
            if matrix[s][t]:
                raise ValueError(f'vertex {t} has two edges from vertex {s}')
            matrix[s][t] = 1
        ops.append(names[0])
    if cell.concat != (size - 1,):
        raise ValueError(f'the output must be the last vertex {(size - 1,)}, got {cell.concat}')
    spec = ModelSpec(matrix, ops)
    dangling = set(range(size)) - set(spec.kept())
    if dangling:
        raise ValueError(f'vertices {sorted(dangling)} lie on no path from input to output')
    return spec


@SPACES.register_module(name=[NAME, 'nas_bench_101', 'nb101'])
@dataclass(frozen=True)
class NASBench101Space(SearchSpace):
    """All 423,624 cells of the benchmark (up to isomorphism), or the smaller ones of them.

    Args:
        max_vertices, max_edges: limits after pruning, at most those of the benchmark.

    Raises:
        ValueError: a limit lies outside its range.
    """

    max_vertices: int = MAX_VERTICES
    max_edges: int = MAX_EDGES

    name = NAME
    skeleton = NAME
    #: The operation without weights; in its place a cell that collapses would have it.
    skip_op = 'maxpool3x3'

    def __post_init__(self) -> None:
        for key, low, high in (('max_vertices', 3, MAX_VERTICES), ('max_edges', 2, MAX_EDGES)):
            if not low <= getattr(self, key) <= high:
                raise ValueError(f'{NAME}.{key} must lie between {low} and {high}, got {getattr(self, key)}')

    def spec(self, arch: SpecLike) -> ModelSpec:
        """The pruned cell, checked against the limits.

        Raises:
            ValueError: ``arch`` is no cell of the space; the message gives the reason.
        """
        try:
            return to_spec(arch).check(self.max_vertices, self.max_edges)
        except ValueError as error:
            raise ValueError(f'space {NAME}: {error}') from None

    def genotype(self, arch: SpecLike) -> Genotype:
        """The same as a genotype."""
        return to_genotype(self.spec(arch))

    def matches(self, text: str) -> bool:
        """Digits, a bar, bits."""
        return _TEXT.fullmatch(text.strip()) is not None

    def validate(self, genotype: Genotype) -> None:
        """Checks that ``genotype`` is a member of the space.

        Raises:
            ValueError: the reason, naming the vertex and what would be allowed.
        """
        self.spec(genotype)

    def parse(self, text: str) -> Genotype:
        """Reads the text form; dangling vertices are pruned."""
        return self.genotype(text)

    def format(self, genotype: Genotype) -> str:
        """Writes the text form."""
        spec = self.spec(genotype)
        bits = [str(spec.matrix[s][t]) for s in range(len(spec.ops)) for t in range(s + 1, len(spec.ops))]
        return f'{"".join(str(NASBENCH101_OPS.index(op)) for op in spec.ops[1:-1])}|{"".join(bits)}'

    def random_genotype(self, generator: random.Random) -> Genotype:
        """A uniform draw of the cells of :func:`enumerate_unique`.

        The benchmark's own draw, each edge with probability 1/2, gives the largest
        graphs, 85 % of the space, three times in a thousand.
        """
        graphs = unique_graphs(self.max_vertices, self.max_edges)
        labels = range(len(NASBENCH101_OPS))
        while True:
            # As many tickets as a graph has labellings; of those that are isomorphic one wins.
            (graph,) = generator.choices(graphs, [len(labels) ** (len(graph.matrix) - 2) for graph in graphs])
            drawn = [generator.choice(labels) for _ in graph.matrix[2:]]
            if graph.is_first(drawn):
                return to_genotype(graph.spec(drawn))

    def mutate(self, genotype: Genotype, generator: random.Random, rate: float = 1.0) -> Genotype:
        """The benchmark's mutation (NASBench.ipynb), repeated until it is valid and another cell.

        Each edge of the largest matrix flips with probability ``rate / vertices``, each
        operation changes with ``rate / interior vertices``. A smaller cell is first put
        back among random dangling vertices, such as the benchmark's unpruned matrices
        have, so that it can grow.
        """
        spec = self.spec(genotype)
        last = self.max_vertices - 1
        interior = range(1, last)
        while True:
            places = (0, *sorted(generator.sample(interior, len(spec.ops) - 2)), last)
            matrix = [[0] * self.max_vertices for _ in range(self.max_vertices)]
            ops = [INPUT, *(generator.choice(NASBENCH101_OPS) for _ in interior), OUTPUT]
            for v, s in enumerate(places):
                ops[s] = spec.ops[v]
                for w, t in enumerate(places):
                    matrix[s][t] = spec.matrix[v][w]
            # Of each dangling vertex: whether it only receives edges, or only sends them.
            receives = {v: generator.random() < 0.5 for v in interior if v not in places}
            for s, t in combinations(range(self.max_vertices), 2):
                if (s in receives or t in receives) and not receives.get(s, False) and receives.get(t, True):
                    matrix[s][t] = int(generator.random() < 0.5)
                matrix[s][t] ^= generator.random() < rate / self.max_vertices
            for v in interior:
                if generator.random() < rate / len(interior):
                    ops[v] = generator.choice([op for op in NASBENCH101_OPS if op != ops[v]])
            child = ModelSpec(matrix, ops)
            if self._is_valid(child) and child.prune() != spec:
                return to_genotype(child)

    def neighbours(self, genotype: Genotype) -> list[Genotype]:
        """Cells with one other operation, with one edge more or less, or with one vertex more.

        A new vertex has one edge in and one edge out. What is left dangling is pruned;
        isomorphic cells of different text count as different.

        Raises:
            ValueError: ``genotype`` is no member.
        """
        spec = self.spec(genotype)
        pairs = list(combinations(range(len(spec.ops)), 2))
        near = []
        for v in range(1, len(spec.ops) - 1):
            others = (op for op in NASBENCH101_OPS if op != spec.ops[v])
            near += [ModelSpec(spec.matrix, (*spec.ops[:v], op, *spec.ops[v + 1 :])) for op in others]
        for s, t in pairs:
            matrix = [list(row) for row in spec.matrix]
            matrix[s][t] ^= 1
            near.append(ModelSpec(matrix, spec.ops))
        for s, t in pairs:
            near += [self._with_vertex(spec, s, t, op) for op in NASBENCH101_OPS]
        valid = [to_genotype(child) for child in near if self._is_valid(child)]
        members = {self.format(member): member for member in valid if member.cells != genotype.cells}
        return list(members.values())

    @staticmethod
    def _with_vertex(spec: ModelSpec, s: int, t: int, op: str) -> ModelSpec:
        """The cell with a vertex after s that reads s and feeds t."""
        matrix = [[*row[: s + 1], 0, *row[s + 1 :]] for row in spec.matrix]
        matrix.insert(s + 1, [0] * len(matrix[0]))
        matrix[s][s + 1] = matrix[s + 1][t + 1] = 1
        return ModelSpec(matrix, (*spec.ops[: s + 1], op, *spec.ops[s + 1 :]))

    def enumerate(self) -> Iterator[Genotype]:
        """Every cell, one for each class of isomorphic ones; the order is that of :func:`enumerate_unique`."""
        return map(to_genotype, enumerate_unique(self.max_vertices, self.max_edges))

    def _is_valid(self, spec: ModelSpec) -> bool:
        try:
            spec.check(self.max_vertices, self.max_edges)
        except ValueError:
            return False
        return True
