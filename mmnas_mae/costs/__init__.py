"""What an architecture costs: parameters, multiply-adds, latency."""

from .complexity import Complexity, measure_complexity
from .latency import Speed, measure_speed
from .macs_limit import MacsLimit

__all__ = ['Complexity', 'MacsLimit', 'Speed', 'measure_complexity', 'measure_speed']
