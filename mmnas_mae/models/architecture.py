"""The architecture parameters of a search network."""

import math
from typing import Optional, Union

import torch
from torch import Tensor, nn

from ..registry import MODELS
from ..spaces import CellSpace, Genotype, discretize, get_space
from .cell import CellWeights


class Architecture(nn.Module):
    """Alpha, one matrix for each cell type, its relaxation, and beta where edges are normalised.

    Args:
        space: the search space, or its name or config.
        relaxation: config of the relaxation.
        edge_norm: gives each edge a weight of its own, the softmax of beta over the edges
            that enter its node (edge normalisation of PC-DARTS).
        init_std: alpha and beta start as ``init_std * N(0, 1)`` (1e-3 in DARTS).

    Raises:
        ValueError: the space has no cells.
    """

    def __init__(
        self,
        space: Union[str, dict, CellSpace],
        relaxation: Optional[dict] = None,
        edge_norm: bool = False,
        init_std: float = 1e-3,
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
        self.betas = nn.ParameterDict()
        if edge_norm:
            for kind, graph in self.space.cells.items():
                self.betas[kind] = nn.Parameter(init_std * torch.randn(len(graph.edges)))
        self.relaxation = MODELS.build(relaxation or dict(type='mmnas_mae.SoftmaxRelaxation'))

    def weights(self) -> dict[str, Tensor]:
        """(E, K) operation weights of each cell type, without any draw."""
        return {kind: self.relaxation.weights(alpha, self._valid(kind)) for kind, alpha in self.alphas.items()}

    def sample(self) -> dict[str, CellWeights]:
        """What the cells of each type run on in one forward pass; drawn anew where the relaxation draws."""
        factors, out = self.edge_weights(), {}
        for kind, alpha in self.alphas.items():
            ops, active = self.relaxation(alpha, self._valid(kind), self.space.cells[kind])
            out[kind] = CellWeights(ops, factors.get(kind), active)
        return out

    def _valid(self, kind: str) -> Tensor:
        return self.get_buffer(f'valid_{kind}')

    def edge_weights(self) -> dict[str, Tensor]:
        """(E,) factors of the edges of each cell type; empty without edge normalisation."""
        out = {}
        for kind, beta in self.betas.items():
            incoming = self.space.cells[kind].incoming()
            # The edges are ordered by node.
            out[kind] = torch.cat([beta[list(edges)].softmax(0) for edges in incoming])
        return out

    def strengths(self) -> dict[str, Tensor]:
        """(E, K) what derivation ranks: the operation weights, times the factor of the edge where there is one."""
        factors = self.edge_weights()
        return {kind: w * factors[kind].unsqueeze(1) if factors else w for kind, w in self.weights().items()}

    @torch.no_grad()
    def genotype(self) -> Genotype:
        """The architecture that the current parameters stand for."""
        return discretize(self.space, self.strengths())

    @torch.no_grad()
    def entropy(self) -> float:
        """Mean entropy of the operation weights over all edges, in shares of its maximum (1 = undecided)."""
        shares = []
        for kind, weights in self.weights().items():
            entropy = -(weights * weights.clamp_min(1e-12).log()).sum(-1)
            limit = [math.log(len(ops)) if len(ops) > 1 else 1.0 for ops in self.space.cells[kind].ops]
            shares.append(entropy.cpu() / torch.tensor(limit))
        return float(torch.cat(shares).mean())
