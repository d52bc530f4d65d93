"""The architecture parameters of a search network."""

import math
from typing import Callable, Mapping, Optional, Union

import torch
from torch import Tensor, nn

from ...registry import MODELS
from ...spaces import CellGenotype, CellSpace, Genotype, discretize, get_space, state_names
from ...spaces.verdict import edge_ratio
from ...utils.errors import near_names
from .base_architecture import BaseArchitecture, Choice, ChoiceTable
from .cell import CellWeights
from .fixed import child_weights
from .relaxations import Active

#: What a config may set of :func:`mmnas_mae.spaces.discretize`.
DERIVATION = ('exclude_none', 'threshold', 'max_skips')


class CellArchitecture(BaseArchitecture):
    """Alpha, one matrix for each cell type, its relaxation, and beta where edges have parameters.

    Args:
        space: the search space, or its name or config.
        relaxation: config of the relaxation.
        edge_norm: gives each edge a weight of its own, the softmax of beta over the edges
            that enter its node (edge normalisation of PC-DARTS).
        init_std: alpha and beta start as ``init_std * N(0, 1)`` (1e-3 in DARTS), alpha as the relaxation says
            where that has its own.
        derivation: arguments of :func:`mmnas_mae.spaces.discretize`: ``exclude_none``, ``threshold``, ``max_skips``.

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
        if not isinstance(self.space, CellSpace) or not self.space.cells:
            raise ValueError(f'space {self.space.name!r} has no cells with candidate operations to weigh')
        self.relaxation = MODELS.build(relaxation or dict(type='mmnas_mae.SoftmaxRelaxation'))
        if edge_norm and self.relaxation.draws_edges:
            raise ValueError(f'edge_norm=True does not go with {type(self.relaxation).__name__}, which draws the edges')
        self.samples = self.relaxation.samples
        self.derivation = dict(derivation or {})
        for name in self.derivation:
            if name not in DERIVATION:
                raise ValueError(f'there is no setting derivation.{name}{near_names(name, DERIVATION)}')
        alpha_std = init_std if self.relaxation.init_std is None else self.relaxation.init_std
        self.alphas = nn.ParameterDict()
        for kind, graph in self.space.cells.items():
            self.alphas[kind] = nn.Parameter(
                self.relaxation.init_mean + alpha_std * torch.randn(len(graph.edges), graph.max_ops)
            )
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

    @property
    def rule(self) -> str:
        """The relaxation."""
        return type(self.relaxation).__name__

    @property
    def runs_all(self) -> bool:
        """As the relaxation says."""
        return self.relaxation.runs_all

    @property
    def perturbable(self) -> bool:
        """Whether the relaxation runs on points of the simplex."""
        return self.relaxation.on_simplex

    @property
    def temperature(self) -> Optional[Tensor]:
        """That of the relaxation."""
        return self.relaxation.temperature

    def alpha(self) -> dict[str, nn.Parameter]:
        """All parameters but those of the regularizer."""
        regularizer = self.relaxation.regularizer
        own = set() if regularizer is None else {id(parameter) for parameter in regularizer.parameters()}
        return {name: parameter for name, parameter in self.named_parameters() if id(parameter) not in own}

    def draw(self) -> dict[str, CellWeights]:
        """What the cells of each type run on in one forward pass.

        Raises:
            TypeError: the relaxation names active candidates and says that it runs all.
        """
        drawn = self.relaxation.draws_edges
        factors, out = {} if drawn else self.edge_weights(), {}
        for kind, alpha in self.alphas.items():
            beta, graph = self.betas[kind] if drawn else None, self.space.cells[kind]
            ops, active = self.relaxation(alpha, self.valid(kind), graph, beta, self.alpha_step)
            if active is not None and self.runs_all:
                raise TypeError(f'{self.rule} runs some candidates only, so its class must say runs_all = False')
            undrawn = _undrawn(ops, active) if self.relaxation.adds_undrawn else None
            out[kind] = CellWeights(ops, factors.get(kind), active, undrawn)
        return out

    def hold(self, choice: Choice) -> dict[str, CellWeights]:
        """One-hot weights of a genotype, or the given (E, K) weights times the factors of the edges.

        Raises:
            ValueError: the genotype is no member of the space.
        """
        if isinstance(choice, Genotype):
            return child_weights(self.space, choice, self.alphas)
        factors = {} if self.relaxation.draws_edges else self.edge_weights()
        return {kind: CellWeights(ops, factors.get(kind)) for kind, ops in choice.items()}

    def valid(self, kind: str) -> Tensor:
        """(E, K), False where an edge has fewer than K candidates."""
        return self.get_buffer(f'valid_{kind}')

    def edge_weights(self) -> dict[str, Tensor]:
        """(E,) softmax of beta over the edges that enter a node, for each cell type; empty without beta."""
        out = {}
        for kind, beta in self.betas.items():
            # The edges are ordered by node.
            sizes = [len(edges) for edges in self.space.cells[kind].incoming()]
            out[kind] = torch.cat([part.softmax(0) for part in beta.split(sizes)])
        return out

    def strengths(self) -> dict[str, Tensor]:
        """(E, K) what derivation ranks: the operation weights, times the factor of the edge where there is one."""
        factors = {} if self.relaxation.draws_edges else self.edge_weights()
        return {kind: w * factors[kind].unsqueeze(1) if factors else w for kind, w in self.weights().items()}

    def regularization(self) -> dict[str, Tensor]:
        """The loss of the relaxation's regularizer and that of the limit, where there are such."""
        losses = {}
        if self.relaxation.regularizer is not None:
            valid = {kind: self.valid(kind) for kind in self.alphas}
            losses['arch_regularization_loss'] = self.relaxation.regularizer(self.weights(), valid)
        if self.limit is not None:
            losses['arch_limit_loss'] = self.limit.loss(self.strengths(), self.ranks())
        return losses

    def genotype(self, exclude_none: Optional[bool] = None) -> Genotype:
        """As :meth:`BaseArchitecture.genotype`, by ``derivation`` and within ``limit``."""
        return self._derive(discretize if self.limit is None else self.limit.derive, exclude_none)

    def free_genotype(self) -> Genotype:
        """The architecture that the current parameters stand for whatever it costs."""
        return self._derive(discretize)

    @torch.no_grad()
    def _derive(self, derive: Callable[..., Genotype], exclude_none: Optional[bool] = None) -> Genotype:
        settings = self.derivation if exclude_none is None else dict(self.derivation, exclude_none=exclude_none)
        return derive(self.space, self.strengths(), edges=self.ranks(), **settings)

    def ranks(self) -> Optional[dict[str, Tensor]]:
        """(E,) what ranks the edges of each cell type beside the weights; None where nothing does."""
        return self.edge_weights() if self.relaxation.draws_edges else None

    @torch.no_grad()
    def entropy(self) -> float:
        """Mean over all edges of how open the choice of operation is, from 0 to 1 (1 = undecided)."""
        shares = [self.relaxation.undecided(w, self.valid(kind)) for kind, w in self.weights().items()]
        return float(torch.cat(shares).cpu().mean())

    @torch.no_grad()
    def ratios(self, cells: Mapping[str, CellGenotype]) -> dict[str, list[list[Optional[float]]]]:
        """As :meth:`BaseArchitecture.ratios`."""
        out = {}
        for kind, weights in self.weights().items():
            graph = self.space.cells[kind]
            rows = {edge: dict(zip(ops, row)) for edge, ops, row in zip(graph.edges, graph.ops, weights.tolist())}
            out[kind] = [
                [self._ratio(rows[node, source], op) for op, source in edges]
                for node, edges in enumerate(cells[kind].nodes, graph.num_inputs)
            ]
        return out

    def _ratio(self, row: Mapping[str, float], op: str) -> Optional[float]:
        """That of one edge, from the weights of its candidates."""
        never = self.space.never
        return edge_ratio(row[op], [weight for name, weight in row.items() if name != op and name not in never])

    def choices(self, cells: Mapping[str, CellGenotype]) -> list[ChoiceTable]:
        """The operations of each cell type, and its edges where they have factors."""
        tables, factors = [], self.edge_weights()
        for kind, weights in self.weights().items():
            graph, cell = self.space.cells[kind], cells[kind]
            names = state_names(graph.num_inputs, graph.num_nodes)
            rows = tuple(f'{names[source]} → {names[node]}' for node, source in graph.edges)
            ops = tuple(dict.fromkeys(op for candidates in graph.ops for op in candidates))
            shown = weights.new_full((len(rows), len(ops)), math.nan)
            for e, candidates in enumerate(graph.ops):
                shown[e, [ops.index(op) for op in candidates]] = weights[e, : len(candidates)]
            derived = {(graph.num_inputs + i, source, op) for i, node in enumerate(cell.nodes) for op, source in node}
            chosen = torch.tensor([[(*edge, op) in derived for op in ops] for edge in graph.edges])
            prefix = '' if kind == 'cell' else f'{kind} cell: '
            tables.append(ChoiceTable(f'{prefix}operations', rows, ops, shown, chosen))
            if kind in factors:
                kept = chosen.any(1, keepdim=True)
                tables.append(ChoiceTable(f'{prefix}edges', rows, ('edge',), factors[kind].unsqueeze(1), kept))
        return tables


def _undrawn(ops: Tensor, active: Active) -> Optional[Tensor]:
    """(E,) sums of the weights of what does not run; None where no gradient is wanted of them."""
    if active is None or not ops.requires_grad:
        return None
    runs = torch.zeros(ops.shape, dtype=torch.bool)
    for e, candidates in enumerate(active):
        runs[e, list(candidates)] = True
    return ops.masked_fill(runs.to(ops.device), 0.0).sum(dim=1)
