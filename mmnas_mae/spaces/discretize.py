"""From relaxed operation weights to a genotype, or to a space of fewer candidates (P-DARTS)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping, Optional

from ..utils.ranges import INDEX
from .cell_graph import CellGraph
from .genotype import CellGenotype, Genotype
from .space import CellSpace
from .sparse import SparseCellSpace

# Reading a genotype needs no torch; only deriving one does, and then the weights bring it.
if TYPE_CHECKING:
    from torch import Tensor

#: What a node may keep: (strength, edge, operation).
Option = tuple[float, int, str]

#: Weight of an operation that has been ruled out.
_RULED_OUT = -1.0


def discretize(
    space: CellSpace,
    weights: Mapping[str, Tensor],
    exclude_none: Optional[bool] = None,
    edges: Optional[Mapping[str, Tensor]] = None,
    threshold: Optional[float] = None,
    max_skips: Optional[int] = None,
) -> Genotype:
    """Keeps the strongest operation of each edge and the strongest edges of each node.

    The rule of quark0/darts (``cnn/model_search.py``): an edge is as strong as its
    largest weight among the operations that may be derived; a node keeps its
    ``space.keep`` strongest edges. With ``keep=None`` every edge stays, which is the
    rule of NAS-Bench-201. Where the space ``repeats``, a node keeps the strongest pairs of
    an operation and an edge (GDAS). Ties go to the earlier edge and the earlier operation.

    Args:
        weights: for each cell type (E, K) relaxed weights, such as the softmax of alpha.
        exclude_none: overrides the space's rule on ``none``; None follows the space.
        edges: for each cell type (E,) strengths that rank the edges in place of the weights
            (ROME).
        threshold: of the edges that a node keeps, those below it are dropped, then nodes
            without an edge and what reads them (FairDARTS); where all would go, the first
            node keeps its strongest edge. Needs a space of nodes with fewer edges.
        max_skips: skip connections of the first cell type at most; the weakest are ruled
            out one by one and the cell is derived anew (P-DARTS).

    Raises:
        ValueError: the weights have another shape or a value that is not finite, an edge
            has no operation that may be derived, or the space does not allow ``threshold``
            or ``max_skips``.
    """
    if threshold is not None and not isinstance(space, SparseCellSpace):
        raise ValueError(
            f'derivation.threshold leaves nodes with fewer edges, which space {space.name} does not allow; '
            'darts_s0_sparse does'
        )
    if space.repeats and edges is not None:
        raise ValueError(f'space {space.name} ranks operations, so that its edges have no strengths of their own')
    if max_skips is not None:
        INDEX.check('derivation.max_skips', max_skips)
    if max_skips is not None and space.skip_op is None:
        raise ValueError(f'derivation.max_skips={max_skips} counts skip connections, and space {space.name} has none')
    never = never_derived(space, exclude_none)
    cells = {}
    for place, (kind, graph) in enumerate(space.cells.items()):
        rows = _rows(weights[kind], (len(graph.edges), graph.max_ops), kind)
        ranks = None if edges is None else _rows(edges[kind], (len(graph.edges),), kind)
        cell = _derive(graph, rows, ranks, space, never, threshold)
        while max_skips is not None and place == 0 and cell.count(space.skip_op) > max_skips:
            _rule_out_weakest(space.skip_op, graph, rows, cell, max_skips)
            cell = _derive(graph, rows, ranks, space, never, threshold)
        cells[kind] = cell
    return Genotype(space.name, cells, macro=dict(space.macro))


def never_derived(space: CellSpace, exclude_none: Optional[bool] = None) -> set[str]:
    """The operations that derivation never picks.

    Args:
        exclude_none: overrides the space's rule on ``none``; None follows the space.
    """
    never = set(space.never)
    if exclude_none is None:
        return never
    return never | {'none'} if exclude_none else never - {'none'}


def _rows(weights: Tensor, shape: tuple[int, ...], kind: str) -> list:
    if tuple(weights.shape) != shape:
        raise ValueError(
            f'architecture weights of cell {kind!r} must have the shape {shape}, got {tuple(weights.shape)}'
        )
    if not bool(weights.isfinite().all()):
        raise ValueError(f'architecture weights of cell {kind!r} are not finite; the search has diverged')
    return weights.detach().tolist()


def _derive(
    graph: CellGraph, weights: list, ranks: Optional[list], space: CellSpace, never: set, threshold: Optional[float]
) -> CellGenotype:
    options: list[list[Option]] = []
    for e, ((node, source), row, ops) in enumerate(zip(graph.edges, weights, graph.ops)):
        allowed = [(row[k], op) for k, op in enumerate(ops) if op not in never]
        if not allowed:
            raise ValueError(f'edge {source}->{node} has only operations that are never derived: {list(ops)}')
        if not space.repeats:
            allowed = [max(allowed, key=lambda option: option[0])]
        options.append([(weight if ranks is None else ranks[e], e, op) for weight, op in allowed])
    kept = [_strongest([o for e in incoming for o in options[e]])[: space.keep] for incoming in graph.incoming()]
    if threshold is not None:
        kept = _above(graph, kept, threshold)
    nodes = tuple(
        tuple((op, graph.edges[e][1]) for _, e, op in sorted(node, key=lambda option: option[1])) for node in kept
    )
    concat = tuple(state for state in graph.concat if threshold is None or nodes[state - graph.num_inputs])
    return CellGenotype(nodes, concat)


def _strongest(options: list[Option]) -> list[Option]:
    return sorted(options, key=lambda option: -option[0])


def _above(graph: CellGraph, kept: list[list[Option]], threshold: float) -> list[list[Option]]:
    """The kept edges that reach the threshold and read a state that exists."""
    states, out = set(range(graph.num_inputs)), []
    for i, options in enumerate(kept):
        out.append([option for option in options if option[0] >= threshold and graph.edges[option[1]][1] in states])
        if out[-1]:
            states.add(graph.num_inputs + i)
    return out if any(out) else [kept[0][:1], *out[1:]]


def _rule_out_weakest(skip: str, graph: CellGraph, weights: list, cell: CellGenotype, limit: int) -> None:
    skips = [
        (weights[e][graph.ops[e].index(skip)], e)
        for e, (node, source) in enumerate(graph.edges)
        if (skip, source) in cell.nodes[node - graph.num_inputs]
    ]
    weight, e = min(skips)
    if weight == _RULED_OUT:
        raise ValueError(f'derivation.max_skips={limit} cannot be kept: edges have no other operation than {skip!r}')
    weights[e][graph.ops[e].index(skip)] = _RULED_OUT


def prune(space: CellSpace, weights: Mapping[str, Tensor], keep: int) -> CellSpace:
    """Keeps the strongest candidates of each edge (chenxin061/pdarts: train_search.py).

    Args:
        weights: for each cell type (E, K) operation weights, such as the softmax of alpha.
        keep: candidates kept on each edge, all where it has fewer. ``none`` may be dropped
            as any other.

    Returns:
        CellSpace: under the same name; candidates stay in their order. Ties go to the later.

    Raises:
        ValueError: ``keep`` is below 1, or an edge would be left with operations only that
            derivation never picks.
    """
    if keep < 1:
        raise ValueError(f'keep must be at least 1 candidate for each edge, got {keep}')
    ops = {}
    for kind, graph in space.cells.items():
        rows = weights[kind].detach().tolist()
        ops[kind] = []
        for (node, source), names, row in zip(graph.edges, graph.ops, rows):
            # The original drops the first of equal weights.
            dropped = sorted(range(len(names)), key=lambda k: row[k])[: max(0, len(names) - keep)]
            ops[kind].append([name for k, name in enumerate(names) if k not in dropped])
            if set(ops[kind][-1]) <= set(space.never):
                raise ValueError(f'keep={keep} leaves edge {source}->{node} of cell {kind} with {ops[kind][-1]} only')
    return space.restricted(ops)


def space_config(space: CellSpace) -> dict[str, Any]:
    """The config that :func:`mmnas_mae.spaces.get_space` makes a restricted space from, as plain data."""
    ops = {kind: [list(names) for names in graph.ops] for kind, graph in space.cells.items()}
    return dict(type=space.name, restrict=ops)
