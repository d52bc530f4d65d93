"""Means over few seeds and how sure they are."""

import math
import statistics
from typing import NamedTuple, Optional, Sequence

from scipy.stats import t

#: Of all intervals.
CONFIDENCE = 0.95


class Interval(NamedTuple):
    """A mean and where the true one lies.

    Args:
        mean: of the values.
        low, high: ends of Student's t interval at 95 per cent; None of a single value, which has none.
    """

    mean: float
    low: Optional[float]
    high: Optional[float]

    @property
    def half(self) -> Optional[float]:
        """Half of its width."""
        return None if self.low is None else (self.high - self.low) / 2


def mean_interval(values: Sequence[float]) -> Interval:
    """Student's t interval of the mean of independent values.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError('a mean needs values, got none')
    mean = statistics.fmean(values)
    if len(values) < 2:
        return Interval(mean, None, None)
    factor = float(t.ppf((1 + CONFIDENCE) / 2, len(values) - 1))
    half = factor * statistics.stdev(values) / math.sqrt(len(values))
    return Interval(mean, mean - half, mean + half)


def paired_interval(first: dict[int, float], second: dict[int, float]) -> Optional[Interval]:
    """The interval of the mean of ``first`` minus ``second``, seed by seed; None where no seed has both.

    The same seed has drawn the same images and their order, so that differences vary less than either.

    Args:
        first, second: value by seed.
    """
    differences = [first[seed] - second[seed] for seed in first if seed in second]
    return mean_interval(differences) if differences else None
