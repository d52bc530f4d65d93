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
    """The Lagrangian of a search with limits: ``sum over metrics of multiplier * (expected cost / limit - 1)``.

    The multipliers begin at zero. :meth:`adapt` raises that of a metric while the architecture that would be derived
    without limits exceeds it, and lowers it, to zero at least, while there is room. So alpha itself is drawn to where
    the limits hold; derivation keeps within it in any case, by :func:`mmnas_mae.costs.derive_within`.

    Args:
        budget: the limits.
        model: the search, whose architecture is one of cells.

    Attributes:
        multipliers: by metric.

    Raises:
        TypeError: its network is none of cells with candidate operations.
        ValueError: nothing of its space keeps within the limits, with the smallest possible cost.
    """

    def __init__(self, budget: Budget, model: SearchModel) -> None:
        arch = model.arch
        self.budget = budget.on(model.backbone)
        ones = {kind: torch.ones_like(alpha) for kind, alpha in getattr(arch, 'alphas', {}).items()}
        edge_costs = self.budget.edge_costs(discretize(arch.space, ones)) if ones else None
        if not isinstance(arch, CellArchitecture) or edge_costs is None:
            raise TypeError(
                'a budget needs a search among cells, whose derived network costs a sum over their edges; '
                f'got {type(arch).__name__} of {type(model.backbone).__name__}'
            )
        self.budget.check(arch.space)
        self.edge_costs = edge_costs
        self.limits = self.budget.limits
        self.multipliers = dict.fromkeys(self.limits, 0.0)
        exclude_none = arch.derivation.get('exclude_none')
        self.expected = ExpectedCost(arch.space, edge_costs, list(self.limits), exclude_none)
        # What goes badly with a limit is said now, not after the first epoch.
        self.derive(arch.space, ones, **arch.derivation)

    def loss(self, strengths: Mapping[str, Tensor], edges: Optional[Mapping[str, Tensor]] = None) -> Tensor:
        """As :meth:`ArchitectureLimit.loss`."""
        expected = self.expected(strengths, edges)
        excess = (self.multipliers[metric] * (expected[metric] / limit - 1) for metric, limit in self.limits.items())
        # Reckoned in double precision, and added to losses of the parameters' own.
        return sum(excess).to(next(iter(strengths.values())).dtype)

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
        for metric, limit in self.limits.items():
            self.multipliers[metric] = max(0.0, self.multipliers[metric] + rate * (cost[metric] / limit - 1))
