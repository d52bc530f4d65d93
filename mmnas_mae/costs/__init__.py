"""What an architecture costs: parameters, multiply-adds, latency; and what it may cost."""

from .budget import Budget
from .complexity import Complexity, CountedParts, count_macs, measure_complexity
from .edge_costs import EdgeCosts
from .expected_cost import ExpectedCost
from .fit import Fitted, fit
from .latency import Speed, measure_speed
from .limited_derivation import derive_within

__all__ = [
    'Budget',
    'Complexity',
    'CountedParts',
    'EdgeCosts',
    'ExpectedCost',
    'Fitted',
    'Speed',
    'count_macs',
    'derive_within',
    'fit',
    'measure_complexity',
    'measure_speed',
]
