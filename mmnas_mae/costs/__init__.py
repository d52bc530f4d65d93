"""What an architecture costs: parameters, multiply-adds, latency."""

from .complexity import Complexity, CountedParts, count_macs, measure_complexity
from .latency import Speed, measure_speed
from .macs_limit import MacsLimit

__all__ = ['Complexity', 'CountedParts', 'MacsLimit', 'Speed', 'count_macs', 'measure_complexity', 'measure_speed']
