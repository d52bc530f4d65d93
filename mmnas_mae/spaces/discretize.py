"""From relaxed operation weights to a genotype."""

from typing import Mapping, Optional

from torch import Tensor

from .genotype import CellGenotype, Genotype
from .space import CellGraph, CellSpace


def discretize(space: CellSpace, weights: Mapping[str, Tensor], exclude_none: Optional[bool] = None) -> Genotype:
    """Keeps the strongest operation of each edge and the strongest edges of each node.

    The rule of quark0/darts (``cnn/model_search.py``): an edge is as strong as its
    largest weight among the operations that may be derived; a node keeps its
    ``space.keep`` strongest edges. With ``keep=None`` every edge stays, which is the
    rule of NAS-Bench-201. Ties go to the earlier edge and the earlier operation.

    Args:
        weights: for each cell type (E, K) relaxed weights, such as the softmax of alpha.
        exclude_none: overrides the space's rule on ``none``; None follows the space.

    Raises:
        ValueError: the weights have another shape or a value that is not finite, or an
            edge has no operation that may be derived.
    """
    never = set(space.never)
    if exclude_none is not None:
        never = never | {'none'} if exclude_none else never - {'none'}
    cells = {}
    for kind, graph in space.cells.items():
        if tuple(weights[kind].shape) != (len(graph.edges), graph.max_ops):
            raise ValueError(
                f'architecture weights of cell {kind!r} must have the shape {(len(graph.edges), graph.max_ops)}, '
                f'got {tuple(weights[kind].shape)}'
            )
        if not bool(weights[kind].isfinite().all()):
            raise ValueError(f'architecture weights of cell {kind!r} are not finite; the search has diverged')
        cells[kind] = _discretize_cell(graph, weights[kind].detach().tolist(), space.keep, never)
    return Genotype(space.name, cells, macro=dict(space.macro))


def _discretize_cell(graph: CellGraph, weights: list, keep: Optional[int], never: set) -> CellGenotype:
    best = []  # of each edge: (weight, op)
    for (node, source), row, ops in zip(graph.edges, weights, graph.ops):
        allowed = [k for k, op in enumerate(ops) if op not in never]
        if not allowed:
            raise ValueError(f'edge {source}->{node} has only operations that are never derived: {list(ops)}')
        k = max(allowed, key=lambda k: row[k])
        best.append((row[k], ops[k]))
    nodes = []
    for incoming in graph.incoming():
        strongest = sorted(incoming, key=lambda e: -best[e][0])[:keep]
        nodes.append(tuple((best[e][1], graph.edges[e][1]) for e in sorted(strongest)))
    return CellGenotype(tuple(nodes), graph.concat)
