"""The architecture parameters of a search network."""

import math
from typing import Optional, Union

import torch
from torch import Tensor, nn

from ..registry import MODELS
from ..spaces import CellSpace, Genotype, discretize, get_space


class Architecture(nn.Module):
    """Alpha, one matrix for each cell type, and its relaxation.

    Args:
        space: the search space, or its name or config.
        relaxation: config of the relaxation.
        init_std: alpha starts as ``init_std * N(0, 1)`` (1e-3 in DARTS).

    Raises:
        ValueError: the space has no cells.
    """

    def __init__(
        self, space: Union[str, dict, CellSpace], relaxation: Optional[dict] = None, init_std: float = 1e-3
    ) -> None:
        super().__init__()
        self.space = get_space(space)
        if not getattr(self.space, 'cells', None):
            raise ValueError(f'space {self.space.name!r} has no cells with candidate operations to weigh')
        self.alphas = nn.ParameterDict()
        for kind, graph in self.space.cells.items():
            self.alphas[kind] = nn.Parameter(init_std * torch.randn(len(graph.edges), graph.max_ops))
            valid = torch.tensor([[k < len(ops) for k in range(graph.max_ops)] for ops in graph.ops])
            self.register_buffer(f'valid_{kind}', valid, persistent=False)
        self.relaxation = MODELS.build(relaxation or dict(type='mmnas_mae.SoftmaxRelaxation'))

    def weights(self) -> dict[str, Tensor]:
        """(E, K) operation weights of each cell type."""
        return {kind: self.relaxation(alpha, self.get_buffer(f'valid_{kind}')) for kind, alpha in self.alphas.items()}

    @torch.no_grad()
    def genotype(self) -> Genotype:
        """The architecture that the current parameters stand for."""
        return discretize(self.space, self.weights())

    @torch.no_grad()
    def entropy(self) -> float:
        """Mean entropy of the operation weights over all edges, in shares of its maximum (1 = undecided)."""
        shares = []
        for kind, weights in self.weights().items():
            entropy = -(weights * weights.clamp_min(1e-12).log()).sum(-1)
            limit = [math.log(len(ops)) if len(ops) > 1 else 1.0 for ops in self.space.cells[kind].ops]
            shares.append(entropy.cpu() / torch.tensor(limit))
        return float(torch.cat(shares).mean())
