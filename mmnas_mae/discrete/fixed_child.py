"""Running one architecture with the shared weights of a search network."""

from contextlib import contextmanager
from typing import Iterator

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from ..models import CellArchitecture, CellWeights, NASBench101Architecture
from ..spaces import Genotype


def child_weights(arch: CellArchitecture, genotype: Genotype) -> dict[str, CellWeights]:
    """One-hot weights of the edges and operations that ``genotype`` has; no other is executed.

    Edges keep no factor of edge normalisation, as a derived network has none.

    Raises:
        ValueError: ``genotype`` is no member of the space.
    """
    arch.space.validate(genotype)
    out = {}
    for kind, graph in arch.space.cells.items():
        alpha = arch.alphas[kind]
        ops = torch.zeros(alpha.shape, dtype=alpha.dtype, device=alpha.device)
        active: list[list[int]] = [[] for _ in graph.edges]
        for node, edges in enumerate(genotype.cells[kind].nodes, graph.num_inputs):
            for op, source in edges:
                e = graph.edges.index((node, source))
                k = graph.ops[e].index(op)
                ops[e, k] += 1  # more than once where a node has two edges alike
                active[e] = sorted({*active[e], k})
        out[kind] = CellWeights(ops, None, active)
    return out


@contextmanager
def fixed_child(backbone: nn.Module, genotype: Genotype) -> Iterator[None]:
    """The search network runs ``genotype`` within the context, whatever its parameters say.

    Args:
        backbone: a search network with ``arch``, in eval mode.

    Raises:
        ValueError: ``genotype`` is no member of its space, or the network cannot run a single one.
    """
    arch = backbone.arch
    if isinstance(arch, NASBench101Architecture):
        arch.space.validate(genotype)
        name, value = 'genotype', genotype
    elif isinstance(arch, CellArchitecture):
        name, value = 'sample', child_weights(arch, genotype)
    else:
        raise ValueError(f'{type(backbone).__name__} cannot run a single architecture: it has no cells to choose from')
    setattr(arch, name, lambda: value)
    try:
        yield
    finally:
        delattr(arch, name)


@contextmanager
def batch_statistics(model: nn.Module) -> Iterator[None]:
    """Eval mode, except that every normalisation takes the statistics of its batch and keeps none of them.

    Running statistics of a search network are a mixture over architectures and fit no
    single one.
    """
    modes = [(module, module.training) for module in model.modules()]
    norms = [(norm, norm.track_running_stats) for norm in model.modules() if isinstance(norm, _BatchNorm)]
    model.eval()
    for norm, _ in norms:
        norm.training, norm.track_running_stats = True, False
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
        for norm, tracked in norms:
            norm.track_running_stats = tracked
