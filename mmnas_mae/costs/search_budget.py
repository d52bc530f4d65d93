"""A budget that a search by gradient keeps."""

from typing import Any, Mapping, Optional

import torch
from torch import Tensor

from ..models.architecture.architecture_limit import ArchitectureLimit
from ..models.architecture.cell_architecture import CellArchitecture
from ..models.objectives.search_model import SearchModel
from ..spaces import CellSpace, Genotype, discretize
from .budget import Budget
from .expected_cost import ExpectedCost
from .limited_derivation import derive_within


class SearchBudget(ArchitectureLimit):
    """A Lagrange multiplier for each limit: ``multiplier * (expected cost / limit - 1)``, while the limit is exceeded.

    The multipliers begin at zero. :meth:`adapt` raises that of a metric while the architecture that would be derived
    without limits exceeds it, and lowers it, to zero at least, while there is room. So alpha itself is drawn to where
    the limits hold; derivation keeps within them in any case, by :func:`mmnas_mae.costs.derive_within`.

    A term counts while that architecture or the expected cost exceeds the limit. Within it there is nothing to be
    drawn to, and a multiplier that has grown large on the way would drive a search on to the cheapest cell of all,
    where a softmax has no gradient to come back by.

    Args:
        budget: the limits.
        model: the search, whose architecture is one of cells.

    Both stand in tensors that are changed in place, so that a recording of the step (a CUDA graph) reads what holds.

    Raises:
        TypeError: its network is none of cells with candidate operations.
        ValueError: nothing of its space keeps within the limits, with the smallest possible cost.
    """

    def __init__(self, budget: Budget, model: SearchModel) -> None:
        arch = model.arch
        self.budget = budget.on(model.backbone)
        is_open = isinstance(arch, CellArchitecture)
        ones = {kind: torch.ones_like(alpha) for kind, alpha in arch.alphas.items()} if is_open else {}
        edge_costs = self.budget.edge_costs(discretize(arch.space, ones)) if is_open else None
        if edge_costs is None:
            raise TypeError(
                'a budget needs a search among cells, whose derived network costs a sum over their edges; '
                f'got {type(arch).__name__} of {type(model.backbone).__name__}'
            )
        self.edge_costs = edge_costs
        self.limits = self.budget.limits
        # In the order of the limits; in double precision, as the expected cost.
        self._multipliers = torch.zeros(len(self.limits), dtype=torch.float64)
        self._exceeded = torch.zeros(len(self.limits), dtype=torch.bool)
        exclude_none = arch.derivation.get('exclude_none')
        self.expected = ExpectedCost(arch.space, edge_costs, list(self.limits), exclude_none)
        # A limit that nothing meets, or a setting that goes with none, is reported now, not after the first epoch.
        self.derive(arch.space, ones, **arch.derivation)
        self._move(next(iter(arch.alphas.values())).device)

    @property
    def multipliers(self) -> dict[str, float]:
        """By metric."""
        return dict(zip(self.limits, self._multipliers.tolist()))

    @property
    def exceeded(self) -> dict[str, bool]:
        """By metric, whether what would be derived without limits was beyond its limit at the last step."""
        return dict(zip(self.limits, self._exceeded.tolist()))

    def loss(self, strengths: Mapping[str, Tensor], edges: Optional[Mapping[str, Tensor]] = None) -> Tensor:
        """As :meth:`ArchitectureLimit.loss`."""
        expected = self.expected(strengths, edges)
        excess = torch.stack([expected[metric] / limit - 1 for metric, limit in self.limits.items()])
        self._move(excess.device)
        total = (self._multipliers * torch.where(self._exceeded, excess, excess.clamp_min(0))).sum()
        # Reckoned in double precision, and added to losses of the parameters' own.
        return total.to(next(iter(strengths.values())).dtype)

    @torch.no_grad()
    def expect(self, arch: CellArchitecture) -> dict[str, float]:
        """The expected cost of an architecture as it is."""
        return {metric: float(cost) for metric, cost in self.expected(arch.strengths(), arch.ranks()).items()}

    def derive(self, space: CellSpace, strengths: Mapping[str, Tensor], **settings: Any) -> Genotype:
        """As :meth:`ArchitectureLimit.derive`."""
        return derive_within(space, strengths, self.edge_costs, self.limits, **settings)

    def describe(self, genotype: Genotype) -> dict[str, Any]:
        """As :meth:`ArchitectureLimit.describe`."""
        return self.budget.describe(genotype)

    def adapt(self, free: Genotype, rate: float) -> None:
        """One step of the multipliers: by ``rate`` times the share that a cost exceeds its limit by.

        Args:
            free: what would be derived without limits.
        """
        cost = self.edge_costs.cost(free)
        excess = torch.tensor([cost[metric] / limit - 1 for metric, limit in self.limits.items()], dtype=torch.float64)
        self._exceeded.copy_(excess > 0)
        self._multipliers.add_((rate * excess).to(self._multipliers.device)).clamp_min_(0)

    def state_dict(self) -> dict[str, Any]:
        """What a resumed search needs."""
        return dict(multipliers=self.multipliers, exceeded=self.exceeded)

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Takes up :meth:`state_dict`; limits of a metric that it lacks begin anew."""
        for i, metric in enumerate(self.limits):
            self._multipliers[i] = state.get('multipliers', {}).get(metric, 0.0)
            self._exceeded[i] = state.get('exceeded', {}).get(metric, False)

    def _move(self, device: torch.device) -> None:
        """Brings the multipliers to where alpha is; a recording finds them there from then on."""
        self._multipliers, self._exceeded = self._multipliers.to(device), self._exceeded.to(device)
