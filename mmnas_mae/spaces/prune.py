"""Fewer candidates from stage to stage (P-DARTS)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from .space import CellSpace

# Reading a genotype needs no torch; only deriving one does, and then the weights bring it.
if TYPE_CHECKING:
    from torch import Tensor


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
