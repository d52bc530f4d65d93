"""Spaces of cells as data: which edges a cell has and which operations may stand on them."""

import random
from dataclasses import dataclass, field, replace
from itertools import combinations, product
from typing import Any, Iterator, Mapping, Optional, Sequence, Union

from ..utils.errors import shorten
from .cell_graph import CellGraph
from .genotype import CellGenotype, Edge, Genotype, from_darts_dict, read_darts_text
from .search_space import SearchSpace
from .variation import mix


@dataclass(frozen=True)
class CellSpace(SearchSpace):
    """A space of cells: its graphs and its rule of derivation.

    Args:
        name: name under which genotypes refer to the space.
        cells: the graph of each cell type.
        keep: incoming edges kept for each node at derivation; None keeps all.
        never: operations that derivation never picks.
        repeats: whether a node may keep several operations on one edge, ranked as edges are. Random draws and
            :meth:`enumerate` give members without.
        skip_op: the operation counted as a skip connection; None counts none.
        macro: settings of the skeleton that all members share and state.
        skeleton: name of the skeleton; by default ``darts`` for cells named ``normal`` and
            ``reduce``, ``nasbench201`` for one named ``cell``, or ``transnas101`` with ``macro``.
    """

    name: str
    cells: Mapping[str, CellGraph]
    keep: Optional[int] = None
    never: tuple[str, ...] = ()
    repeats: bool = False
    skip_op: Optional[str] = 'skip_connect'
    macro: Mapping[str, Any] = field(default_factory=dict)
    skeleton: Optional[str] = None

    def __post_init__(self) -> None:
        if self.skeleton is None:
            one = 'transnas101' if self.macro else 'nasbench201'
            known = {('normal', 'reduce'): 'darts', ('cell',): one}
            object.__setattr__(self, 'skeleton', known.get(tuple(sorted(self.cells))))

    @property
    def macro_keys(self) -> tuple[str, ...]:
        """Those of ``macro``."""
        return tuple(self.macro)

    def matches(self, text: str) -> bool:
        """Text in the style of DARTS."""
        return text.lstrip().startswith('Genotype(')

    def parse(self, text: str) -> Genotype:
        """Reads text in the style of DARTS."""
        return self.read(read_darts_text(text))

    def read(self, values: Mapping[str, Any]) -> Genotype:
        """Reads the keywords of DARTS.

        Raises:
            ValueError: a cell has another form.
        """
        return from_darts_dict(values, self.name, self.edges_per_node)

    def format(self, genotype: Genotype) -> str:
        """Writes text in the style of DARTS."""
        return self.ordered(genotype).to_text()

    @property
    def edges_per_node(self) -> Union[int, dict[str, list[int]]]:
        """How many edges a member has into each node: ``keep``, or the numbers of each cell type."""
        if self.keep is not None:
            return self.keep
        return {kind: [len(edges) for edges in graph.incoming()] for kind, graph in self.cells.items()}

    def restricted(self, ops: Mapping[str, Sequence]) -> 'CellSpace':
        """The space with fewer candidates, under the same name, since its members are members of this one.

        Args:
            ops: candidates of each cell type, one list for all edges or one for each; a cell
                type that is left out keeps its own.

        Raises:
            ValueError: no such cell type, another number of edges, or a candidate that the edge lacks.
        """
        if not set(ops) <= set(self.cells):
            raise ValueError(f'restrict: space {self.name} has the cells {sorted(self.cells)}, got {sorted(ops)}')
        cells = {}
        for kind, graph in self.cells.items():
            wanted = list(ops.get(kind, graph.ops))
            lists = [wanted] * len(graph.edges) if all(isinstance(op, str) for op in wanted) else wanted
            if len(lists) != len(graph.edges):
                raise ValueError(f'restrict: cell {kind} has {len(graph.edges)} edges, got {len(lists)} lists')
            for (node, source), old, new in zip(graph.edges, graph.ops, lists):
                if not new or not set(new) <= set(old):
                    raise ValueError(f'restrict: edge {source}->{node} of cell {kind} has {list(old)}, got {list(new)}')
            cells[kind] = replace(graph, ops=tuple(map(tuple, lists)))
        return replace(self, cells=cells)

    def validate(self, genotype: Genotype) -> None:
        """Checks cells, edges, operations and the skeleton.

        Raises:
            ValueError: the reason, naming cell, node and what would be allowed.
        """
        if set(genotype.cells) != set(self.cells):
            raise ValueError(
                f'space {self.name} has the cells {sorted(self.cells)}, the genotype has {sorted(genotype.cells)}'
            )
        if dict(genotype.macro) != dict(self.macro):
            raise ValueError(
                f'space {self.name}: macro must be {dict(self.macro)}, got {shorten(repr(dict(genotype.macro)))}'
            )
        for kind, graph in self.cells.items():
            self._validate_cell(kind, graph, genotype.cells[kind])

    def ordered(self, genotype: Genotype) -> Genotype:
        """A member with its cells in the order of the space."""
        return replace(genotype, cells={kind: genotype.cells[kind] for kind in self.cells})

    def _validate_cell(self, kind: str, graph: CellGraph, cell: CellGenotype) -> None:
        where = f'space {self.name}, cell {kind}'
        if len(cell.nodes) != graph.num_nodes:
            raise ValueError(f'{where}: needs {graph.num_nodes} nodes, got {len(cell.nodes)}')
        if cell.concat != graph.concat:
            raise ValueError(f'{where}: the output must be states {graph.concat}, got {cell.concat}')
        candidates = self._candidates(graph)
        for i, (edges, incoming) in enumerate(zip(cell.nodes, graph.incoming())):
            node = graph.num_inputs + i
            expected = len(incoming) if self.keep is None else min(self.keep, len(incoming))
            if len(edges) != expected:
                raise ValueError(f'{where}: node {node} needs {expected} edges, got {len(edges)}')
            sources = [source for _, source in edges]
            if len(set(edges if self.repeats else sources)) != len(sources):
                raise ValueError(f'{where}: node {node} has two edges from one state: {sources}')
            for op, source in edges:
                if (node, source) not in candidates:
                    raise ValueError(
                        f'{where}: node {node} cannot take state {source}; it takes '
                        f'{[s for n, s in graph.edges if n == node]}'
                    )
                if op not in candidates[node, source]:
                    raise ValueError(
                        f'{where}: edge {source}->{node} cannot be {shorten(repr(op))}; it may be '
                        f'{candidates[node, source]}'
                    )

    def _candidates(self, graph: CellGraph) -> dict[tuple[int, int], list[str]]:
        """Operations that a derived cell may have on each edge (node, source)."""
        return {edge: [op for op in ops if op not in self.never] for edge, ops in zip(graph.edges, graph.ops)}

    def random_genotype(self, generator: random.Random) -> Genotype:
        """A uniform draw: the kept edges of each node, then an operation on each."""
        cells = {}
        for kind, graph in self.cells.items():
            candidates = self._candidates(graph)
            nodes = []
            for incoming in graph.incoming():
                kept = sorted(generator.sample(incoming, min(self.keep or len(incoming), len(incoming))))
                edges = [graph.edges[e] for e in kept]
                nodes.append(tuple((generator.choice(candidates[edge]), edge[1]) for edge in edges))
            cells[kind] = CellGenotype(tuple(nodes), graph.concat)
        return Genotype(self.name, cells, macro=dict(self.macro))

    def mutate(self, genotype: Genotype, generator: random.Random) -> Genotype:
        """Changes one edge: its operation or, where a node leaves sources out, its source.

        Cell, node and edge are uniform draws among those that can change, one after
        the other; so is the choice between operation and source, then the new value.
        An edge that moves keeps its operation where the new place has it.

        Raises:
            ValueError: ``genotype`` is no member, or the only one.
        """
        self.validate(genotype)
        moves = self._moves(genotype)
        if not moves:
            raise ValueError(f'space {self.name} has a single member; nothing can be mutated')
        places = list(moves)
        for level in range(3):
            value = generator.choice(list(dict.fromkeys(place[level] for place in places)))
            places = [place for place in places if place[level] == value]
        return self._moved(genotype, places[0], generator.choice(generator.choice(moves[places[0]])))

    def _moved(self, genotype: Genotype, place: tuple[str, int, int], edge: Edge) -> Genotype:
        """The member with another edge at (cell, node, edge)."""
        kind, i, k = place
        cell = genotype.cells[kind]
        edges = sorted((*cell.nodes[i][:k], edge, *cell.nodes[i][k + 1 :]), key=lambda edge: edge[1])
        nodes = (*cell.nodes[:i], tuple(edges), *cell.nodes[i + 1 :])
        cells = {**genotype.cells, kind: CellGenotype(nodes, cell.concat)}
        return Genotype(self.name, cells, macro=dict(self.macro))

    def neighbours(self, genotype: Genotype) -> list[Genotype]:
        """The members that :meth:`mutate` draws from: another operation or another source on one edge.

        Raises:
            ValueError: ``genotype`` is no member.
        """
        self.validate(genotype)
        moves = self._moves(genotype).items()
        near = [self._moved(genotype, place, edge) for place, choices in moves for edges in choices for edge in edges]
        return list({self.format(member): member for member in near}.values())

    def crossover(self, first: Genotype, second: Genotype, generator: random.Random) -> Optional[Genotype]:
        """Each node takes, source by source, the edge of one parent (RLNAS: evolution_search/search.py).

        Where it then has too many edges or too few, it loses random ones or gains random
        ones of the parents. None where the parents are not alike in their skeleton, or the
        space has more rules than edges for each node and the child breaks one.
        """
        if first.macro != second.macro:
            return None
        cells = {}
        for kind in self.cells:
            cell, other = first.cells[kind], second.cells[kind]
            nodes = tuple(tuple(mix(a, b, generator)) for a, b in zip(cell.nodes, other.nodes))
            cells[kind] = CellGenotype(nodes, cell.concat)
        child = Genotype(self.name, cells, macro=dict(first.macro))
        try:
            self.validate(child)
        except ValueError:
            return None
        return child

    def is_connected(self, genotype: Genotype) -> bool:
        """Whether every cell passes on something of its input.

        What ``none`` gives is zero, and any operation on zeros a constant.
        """
        for kind, cell in genotype.cells.items():
            reached = [True] * self.cells[kind].num_inputs
            for edges in cell.nodes:
                reached.append(any(op != 'none' and reached[source] for op, source in edges))
            if not any(reached[state] for state in cell.concat):
                return False
        return True

    def _moves(self, genotype: Genotype) -> dict[tuple[str, int, int], list[list[Edge]]]:
        """For each (cell, node, edge) that can change: its other operations and its other sources."""
        moves = {}
        for kind, graph in self.cells.items():
            candidates = self._candidates(graph)
            for i, edges in enumerate(genotype.cells[kind].nodes):
                node, used = graph.num_inputs + i, {source for _, source in edges}
                free = [s for n, s in graph.edges if n == node and s not in used]
                for k, (op, source) in enumerate(edges):
                    ops = [(other, source) for other in candidates[node, source] if (other, source) not in edges]
                    sources = [
                        (other, s)
                        for s in free
                        for other in candidates[node, s]
                        if other == op or op not in candidates[node, s]
                    ]
                    if ops or sources:
                        moves[kind, i, k] = [choices for choices in (ops, sources) if choices]
        return moves

    def enumerate(self) -> Iterator[Genotype]:
        """Every member, one at a time; the last edge changes fastest."""
        choices = []  # of each node: (cell type, every possible list of edges)
        for kind, graph in self.cells.items():
            candidates = self._candidates(graph)
            for incoming in graph.incoming():
                options: list[tuple[Edge, ...]] = []
                for kept in combinations(incoming, min(self.keep or len(incoming), len(incoming))):
                    edges = [graph.edges[e] for e in kept]
                    options += product(*([(op, edge[1]) for op in candidates[edge]] for edge in edges))
                choices.append((kind, options))
        for nodes in product(*(options for _, options in choices)):
            cells = {
                kind: CellGenotype(tuple(node for (k, _), node in zip(choices, nodes) if k == kind), graph.concat)
                for kind, graph in self.cells.items()
            }
            yield Genotype(self.name, cells, macro=dict(self.macro))
