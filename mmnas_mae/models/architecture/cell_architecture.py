"""The architecture parameters of a search network."""

from typing import Mapping, Optional, Union

import torch
from torch import Tensor, nn

from ...registry import MODELS
from ...spaces import CellSpace, Genotype, discretize, get_space
from .base_architecture import BaseArchitecture
from .cell import CellWeights


class CellArchitecture(BaseArchitecture):
    """Alpha, one matrix for each cell type, its relaxation, and beta where edges have parameters.

    Args:
        space: the search space, or its name or config.
        relaxation: config of the relaxation.
        edge_norm: gives each edge a weight of its own, the softmax of beta over the edges
            that enter its node (edge normalisation of PC-DARTS).
        init_std: alpha and beta start as ``init_std * N(0, 1)`` (1e-3 in DARTS).
        derivation: arguments of :func:`mmnas_mae.spaces.discretize`, such as ``threshold``.

    Attributes:
        override: (E, K) operation weights of each cell type that take the relaxation's place;
            :class:`mmnas_mae.PerturbationHook` sets them for the length of a weight step.

    Raises:
        ValueError: the space has no cells, or edges are both normalised and drawn.
    """

    def __init__(
        self,
        space: Union[str, dict, CellSpace],
        relaxation: Optional[dict] = None,
        edge_norm: bool = False,
        init_std: float = 1e-3,
        derivation: Optional[dict] = None,
    ) -> None:
        super().__init__()
        self.space = get_space(space)
        if not getattr(self.space, 'cells', None):
            raise ValueError(f'space {self.space.name!r} has no cells with candidate operations to weigh')
        self.relaxation = MODELS.build(relaxation or dict(type='mmnas_mae.SoftmaxRelaxation'))
        if edge_norm and self.relaxation.draws_edges:
            raise ValueError(f'edge_norm=True does not go with {type(self.relaxation).__name__}, which draws the edges')
        self.samples = self.relaxation.samples
        self.derivation = dict(derivation or {})
        self.override: Optional[Mapping[str, Tensor]] = None
        alpha_std = init_std if self.relaxation.init_std is None else self.relaxation.init_std
        self.alphas = nn.ParameterDict()
        for kind, graph in self.space.cells.items():
            self.alphas[kind] = nn.Parameter(alpha_std * torch.randn(len(graph.edges), graph.max_ops))
            valid = torch.tensor([[k < len(ops) for k in range(graph.max_ops)] for ops in graph.ops])
            self.register_buffer(f'valid_{kind}', valid, persistent=False)
        self.betas = nn.ParameterDict()
        if edge_norm or self.relaxation.draws_edges:
            for kind, graph in self.space.cells.items():
                self.betas[kind] = nn.Parameter(init_std * torch.randn(len(graph.edges)))
        if self.derivation:
            self.genotype()  # a wrong setting is reported now, not after the first epoch

    def weights(self) -> dict[str, Tensor]:
        """(E, K) operation weights of each cell type, without any draw."""
        return {kind: self.relaxation.weights(alpha, self.valid(kind)) for kind, alpha in self.alphas.items()}

    def sample(self) -> dict[str, CellWeights]:
        """What the cells of each type run on in one forward pass; drawn anew where the relaxation draws."""
        drawn = self.relaxation.draws_edges
        factors, out = {} if drawn else self.edge_weights(), {}
        for kind, alpha in self.alphas.items():
            if self.override is not None:
                ops, active = self.override[kind], None
            else:
                beta = self.betas[kind] if drawn else None
                ops, active = self.relaxation(alpha, self.valid(kind), self.space.cells[kind], beta)
            out[kind] = CellWeights(ops, factors.get(kind), active)
        return out

    def valid(self, kind: str) -> Tensor:
        """(E, K), False where an edge has fewer than K candidates."""
        return self.get_buffer(f'valid_{kind}')

    def edge_weights(self) -> dict[str, Tensor]:
        """(E,) softmax of beta over the edges that enter a node, for each cell type; empty without beta."""
        out = {}
        for kind, beta in self.betas.items():
            incoming = self.space.cells[kind].incoming()
            # The edges are ordered by node.
            out[kind] = torch.cat([beta[list(edges)].softmax(0) for edges in incoming])
        return out

    def strengths(self) -> dict[str, Tensor]:
        """(E, K) what derivation ranks: the operation weights, times the factor of the edge where there is one."""
        factors = {} if self.relaxation.draws_edges else self.edge_weights()
        return {kind: w * factors[kind].unsqueeze(1) if factors else w for kind, w in self.weights().items()}

    def regularization(self) -> dict[str, Tensor]:
        """The loss of the relaxation's regularizer; empty where it has none."""
        if self.relaxation.regularizer is None:
            return {}
        weights = torch.cat([w[self.valid(kind)] for kind, w in self.weights().items()])
        return dict(arch_regularization_loss=self.relaxation.regularizer(weights))

    @torch.no_grad()
    def genotype(self) -> Genotype:
        """The architecture that the current parameters stand for."""
        edges = self.edge_weights() if self.relaxation.draws_edges else None
        return discretize(self.space, self.strengths(), edges=edges, **self.derivation)

    @torch.no_grad()
    def entropy(self) -> float:
        """Mean over all edges of how open the choice of operation is, from 0 to 1 (1 = undecided)."""
        shares = [self.relaxation.undecided(w, self.valid(kind)) for kind, w in self.weights().items()]
        return float(torch.cat(shares).cpu().mean())
