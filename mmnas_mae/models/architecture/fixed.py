"""One architecture as what the cells of a search network run on."""

from typing import Mapping

import torch
from torch import Tensor

from ...spaces import CellSpace, Genotype
from .cell import CellWeights


def child_weights(space: CellSpace, genotype: Genotype, alphas: Mapping[str, Tensor]) -> dict[str, CellWeights]:
    """One-hot weights of the edges and operations that ``genotype`` has; no other is executed.

    Edges keep no factor of edge normalisation, as a derived network has none.

    Args:
        space: the space.
        genotype: a member of it.
        alphas: of each cell type (E, K), whose shape, type and device the weights take.

    Raises:
        ValueError: ``genotype`` is no member of the space.
    """
    space.validate(genotype)
    out = {}
    for kind, graph in space.cells.items():
        ops = torch.zeros_like(alphas[kind], requires_grad=False)
        active: list[list[int]] = [[] for _ in graph.edges]
        for node, edges in enumerate(genotype.cells[kind].nodes, graph.num_inputs):
            for op, source in edges:
                e = graph.edges.index((node, source))
                k = graph.ops[e].index(op)
                ops[e, k] += 1  # more than once where a node has two edges alike
                active[e] = sorted({*active[e], k})
        out[kind] = CellWeights(ops, None, active)
    return out
