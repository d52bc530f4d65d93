"""Genotype: one derived architecture as plain data.

Reading one, from JSON or from text, never executes anything.
"""

import ast
import os
from dataclasses import dataclass, field, replace
from typing import Any, Mapping, Optional, Sequence, Union

from ..utils.errors import shorten
from ..utils.records import write_json
from ..version import __version__

#: One incoming edge of a node: (operation, source state).
Edge = tuple[str, int]

#: Larger than any architecture, and small enough that reading one takes no time: nodes of a cell and edges of a node,
#: cells, characters of a name, and the numbers of ``search``, which are channels and layers.
MAX_STATES, MAX_CELLS, MAX_NAME, MAX_SETTING = 1000, 16, 200, 4096


@dataclass(frozen=True)
class CellGenotype:
    """The derived cell.

    Args:
        nodes: for each intermediate node, in order, its incoming edges. State 0
            is the first input; the first node follows the last input.
        concat: the states that form the output (concatenated along channels;
            a single state is passed on as it is).
    """

    nodes: tuple[tuple[Edge, ...], ...]
    concat: tuple[int, ...]

    @classmethod
    def create(cls, nodes: Any, concat: Any) -> 'CellGenotype':
        """Builds a cell from nested lists and checks its form (not its space).

        Raises:
            ValueError: an edge is not (name, state), or the output is no list of states.
        """
        checked = []
        for number, edges in enumerate(_sequence(nodes, 'nodes')):
            node = []
            for edge in _sequence(edges, f'node {number}'):
                if not (isinstance(edge, (list, tuple)) and len(edge) == 2):
                    raise ValueError(f'an edge is (operation, source state), got {shorten(repr(edge))}')
                op, source = edge
                if not _is_name(op) or not _is_state(source):
                    raise ValueError(f'an edge is (operation, source state), got {shorten(repr(edge))}')
                node.append((op, source))
            checked.append(tuple(node))
        concat = tuple(_sequence(concat, 'concat'))
        if not concat or not all(map(_is_state, concat)):
            raise ValueError(f'concat must list states, got {shorten(repr(concat))}')
        return cls(tuple(checked), concat)

    def count(self, op: str) -> int:
        """Number of edges that carry ``op``."""
        return sum(name == op for edges in self.nodes for name, _ in edges)

    @property
    def num_edges(self) -> int:
        """Number of edges."""
        return sum(map(len, self.nodes))


@dataclass(frozen=True)
class Genotype:
    """An architecture of a search space.

    Args:
        space: name of the space.
        cells: the derived cell of each type (``normal`` and ``reduce`` in DARTS).
        meta: where it comes from: ``config_hash``, ``seed``, ``epoch``, ``score``,
            ``version`` (of the package that made it). Not part of the architecture: two
            genotypes that differ only here are equal.
        macro: settings of the skeleton that belong to the architecture itself.
        skeleton: name of the skeleton that it was found on; None where the space says it.
        search: settings of the search network that found it, such as ``init_channels`` and
            ``layers``. Its stand-alone networks may be of another size, so that neither is part
            of the architecture, nor is ``skeleton``.
    """

    space: str
    cells: Mapping[str, CellGenotype]
    meta: Mapping[str, Any] = field(default_factory=dict, compare=False)
    macro: Mapping[str, Any] = field(default_factory=dict)
    skeleton: Optional[str] = field(default=None, compare=False)
    search: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def to_dict(self) -> dict:
        """The content of ``genotype.json``."""
        out = dict(
            space=self.space,
            cells={
                kind: dict(nodes=[[list(e) for e in node] for node in cell.nodes], concat=list(cell.concat))
                for kind, cell in self.cells.items()
            },
            meta={'version': __version__, **self.meta},
        )
        if self.macro:
            out['macro'] = dict(self.macro)
        if self.skeleton is not None:
            out.update(skeleton=self.skeleton, search=dict(self.search))
        return out

    @classmethod
    def from_dict(cls, content: Any) -> 'Genotype':
        """Inverse of :meth:`to_dict`.

        Raises:
            ValueError: a key is missing or has the wrong form.
        """
        if not isinstance(content, Mapping) or not {'space', 'cells'} <= set(content):
            raise ValueError("a genotype has the keys 'space' and 'cells'")
        if not _is_name(content['space']) or not isinstance(content['cells'], Mapping):
            raise ValueError(f"'space' must be a name of at most {MAX_NAME} characters and 'cells' a dict of cells")
        cells = read_cells(content['cells'])
        meta, macro, search = (content.get(key, {}) for key in ('meta', 'macro', 'search'))
        for key, value in dict(meta=meta, macro=macro, search=search).items():
            if not isinstance(value, Mapping):
                raise ValueError(f'{key!r} must be a dict, got {shorten(repr(value))}')
        for key, value in (*macro.items(), *search.items()):
            if not _is_name(key) or not _is_setting(value):
                raise ValueError(
                    f"settings of the skeleton ('macro', 'search') are numbers up to {MAX_SETTING} and short texts, "
                    f'got {shorten(repr(key))}: {shorten(repr(value))}'
                )
        skeleton = content.get('skeleton')
        if not (skeleton is None or _is_name(skeleton)):
            raise ValueError(f"'skeleton' must be a name, got {shorten(repr(skeleton))}")
        return cls(content['space'], cells, dict(meta), dict(macro), skeleton, dict(search))

    def save(self, path: Union[str, os.PathLike]) -> None:
        """Writes JSON; a reader or a crash never meets a half-written file.

        Raises:
            ValueError: a number is NaN or infinite, which JSON has no word for.
        """
        write_json(path, self.to_dict(), indent=2)

    def with_meta(self, **meta: Any) -> 'Genotype':
        """The same architecture with these entries of :attr:`meta` added or replaced."""
        return replace(self, meta={**self.meta, **meta})

    def to_text(self) -> str:
        """Text in the style of DARTS: ``Genotype(normal=[...], normal_concat=[...], ...)``."""
        parts = []
        for kind, cell in self.cells.items():
            parts.append(f'{kind}={[edge for node in cell.nodes for edge in node]}')
            parts.append(f'{kind}_concat={list(cell.concat)}')
        return f'Genotype({", ".join(parts)})'


def read_cells(content: Mapping[str, Any]) -> dict[str, CellGenotype]:
    """The cells of :meth:`Genotype.to_dict`.

    Raises:
        ValueError: a cell has another form.
    """
    if len(content) > MAX_CELLS:
        raise ValueError(f'a genotype has at most {MAX_CELLS} cells, got {len(content)}')
    cells = {}
    for kind, cell in content.items():
        if not _is_name(kind):
            raise ValueError(f'a cell type is a name, got {shorten(repr(kind))}')
        if not isinstance(cell, Mapping) or not {'nodes', 'concat'} <= set(cell):
            raise ValueError(f"cell {kind!r} has the keys 'nodes' and 'concat'")
        cells[kind] = CellGenotype.create(cell['nodes'], cell['concat'])
    return cells


def parse_darts_text(text: str, space: str, edges_per_node: Union[int, Mapping[str, Sequence[int]]] = 2) -> Genotype:
    """Parses the text form of DARTS with ``ast`` (nothing is evaluated).

    Args:
        text: ``Genotype(normal=[('sep_conv_3x3', 0), ...], normal_concat=range(2, 6), ...)``.
        space: name of the space that the genotype belongs to.
        edges_per_node: how many consecutive pairs form a node, or how many each node of each cell type.

    Raises:
        ValueError: the text has another form.
    """
    return from_darts_dict(read_darts_text(text), space, edges_per_node)


def read_darts_text(text: str) -> dict[str, Any]:
    """The keywords of a text in the style of DARTS, as literals.

    Raises:
        ValueError: the text has another form.
    """
    try:
        call = ast.parse(text.strip(), mode='eval').body
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == 'Genotype'):
            raise ValueError('not a call of Genotype')
        if call.args or not all(keyword.arg for keyword in call.keywords):
            raise ValueError('only keyword arguments are read')
        values = {keyword.arg: _literal(keyword.value) for keyword in call.keywords}
        if len(values) < len(call.keywords):
            raise ValueError('a keyword is repeated')
        return values
    # TypeError: a literal such as {[]} that cannot be built
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f'not a genotype in the style of DARTS ({error}): {shorten(text)}') from None


def from_darts_dict(
    values: Mapping[str, Any], space: str, edges_per_node: Union[int, Mapping[str, Sequence[int]]] = 2
) -> Genotype:
    """A genotype from the keywords of DARTS, such as ``normal`` and ``normal_concat``.

    A cell is a list of (operation, source) pairs, or a list of such lists, one for each node; a pair may
    carry a weight as a third entry there, as GDAS prints it.

    Args:
        values: the keywords.
        space, edges_per_node: as in :func:`parse_darts_text`.

    Raises:
        ValueError: a cell has another form, or lacks its output.
    """
    if wrong := [name for name in values if not _is_name(name)]:
        raise ValueError(f'a cell type is a name, got {shorten(repr(wrong[0]))}')
    if len(values) > 2 * MAX_CELLS:
        raise ValueError(f'a genotype has at most {MAX_CELLS} cells, got {len(values)} keywords')
    cells = {}
    for kind in (name for name in values if not name.endswith('_concat')):
        if f'{kind}_concat' not in values:
            raise ValueError(f'the genotype lacks {kind}_concat, it has {", ".join(values)}')
        pairs = _sequence(values[kind], kind)
        if pairs and all(map(_is_node, pairs)):
            nodes = [[edge[:2] for edge in node] for node in pairs]
        else:
            nodes = _nodes(pairs, kind, edges_per_node)
        cells[kind] = CellGenotype.create(nodes, values[f'{kind}_concat'])
    return Genotype(space, cells)


def _is_node(value: Any) -> bool:
    """Whether a list is one of edges, not itself an edge."""
    return isinstance(value, (list, tuple)) and all(isinstance(e, (list, tuple)) and len(e) in (2, 3) for e in value)


def _nodes(pairs: Sequence, kind: str, edges_per_node: Union[int, Mapping[str, Sequence[int]]]) -> list[Sequence]:
    """Consecutive pairs as nodes."""
    if isinstance(edges_per_node, int):
        if not pairs or len(pairs) % edges_per_node:
            raise ValueError(f'{kind} must hold {edges_per_node} edges for each node, got {len(pairs)} in all')
        sizes = [edges_per_node] * (len(pairs) // edges_per_node)
    else:
        sizes = list(edges_per_node.get(kind, ()))
        if sum(sizes) != len(pairs):
            raise ValueError(f'{kind} must hold {" + ".join(map(str, sizes))} edges, got {len(pairs)} in all')
    stream = iter(pairs)
    return [[next(stream) for _ in range(size)] for size in sizes]


def _literal(node: ast.expr) -> Any:
    """A literal, or ``range`` of literals, since DARTS prints ``range(2, 6)``."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == 'range':
        bounds = [ast.literal_eval(arg) for arg in node.args]
        if node.keywords or not 1 <= len(bounds) <= 2 or not all(_is_state(bound) for bound in bounds):
            raise ValueError('range takes one or two small whole numbers')
        return list(range(*bounds))
    return ast.literal_eval(node)


def _is_state(value: Any) -> bool:
    # The bound keeps a hostile file from asking for a list of billions.
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < MAX_STATES


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_NAME


def _is_setting(value: Any, depth: int = 2) -> bool:
    """Whether a setting of a skeleton is one that a file may ask for."""
    if isinstance(value, (list, tuple, Mapping)):
        inside = [*value, *value.values()] if isinstance(value, Mapping) else value
        return depth > 0 and len(inside) <= MAX_NAME and all(_is_setting(each, depth - 1) for each in inside)
    if isinstance(value, (int, float)):
        return abs(value) <= MAX_SETTING
    return value is None or _is_name(value)


def _sequence(value: Any, what: str) -> Any:
    if not isinstance(value, (list, tuple)):
        raise ValueError(f'{what} must be a list, got {shorten(repr(value))}')
    if len(value) > MAX_STATES:
        raise ValueError(f'{what} must have at most {MAX_STATES} entries, got {len(value)}')
    return value
