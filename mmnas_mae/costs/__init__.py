"""What an architecture costs: parameters, multiply-adds, latency; and what it may cost."""

from .budget import Budget
from .complexity import Complexity, CountedParts, count_macs, measure_complexity
from .edge_costs import EdgeCosts
from .expected_cost import ExpectedCost
from .fit import Fitted, fit
from .latency import Speed, measure_latency, measure_speed
from .latency_table import LatencyTable, measure_table
from .limited_derivation import derive_within

__all__ = [
    'Budget',
    'Complexity',
    'CountedParts',
    'EdgeCosts',
    'ExpectedCost',
    'Fitted',
    'LatencyTable',
    'Speed',
    'count_macs',
    'derive_within',
    'fit',
    'measure_complexity',
    'measure_latency',
    'measure_speed',
    'measure_table',
]
