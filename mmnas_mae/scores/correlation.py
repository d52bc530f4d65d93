"""Rank correlation with bootstrap intervals (Figures 2 and 5)."""

from typing import NamedTuple, Optional, Sequence

import numpy as np
from scipy.stats import rankdata


class Estimate(NamedTuple):
    """A statistic of a sample with the percentile interval of its bootstrap."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, values: np.ndarray, confidence: float = 0.95) -> 'Estimate':
        """
        Args:
            values: (1 + R,) the statistic of the sample, then of each resample; a resample in
                which it is undefined does not count.
            confidence: share of resamples within the interval.
        """
        resampled = values[1:][np.isfinite(values[1:])]
        tail = 50 * (1 - confidence)
        low, high = np.percentile(resampled, [tail, 100 - tail]) if len(resampled) else (np.nan, np.nan)
        return cls(float(values[0]), float(low), float(high))


class RankStatistics:
    """Rank correlations of a sample of architectures and of its bootstrap resamples.

    All statistics of one object are taken over the same resamples, so that differences
    of them are paired. A resample is a row of counts, how often it holds each
    architecture; over counts both coefficients are matrix products.

    Args:
        size: number of architectures, N.
        resamples: number of resamples, R.
        seed: seed of the resamples.

    Raises:
        ValueError: fewer than two architectures, or no resamples.
    """

    def __init__(self, size: int, resamples: int = 2000, seed: int = 0) -> None:
        if size < 2 or resamples < 1:
            raise ValueError(
                f'a rank correlation needs at least 2 architectures and 1 resample, got {size} and {resamples}'
            )
        drawn = np.random.default_rng(seed).integers(size, size=(resamples, size))
        offsets = size * np.arange(resamples)[:, None]
        counts = np.bincount((drawn + offsets).ravel(), minlength=resamples * size).reshape(resamples, size)
        #: (1 + R, N) counts; the first row is the sample itself.
        self.counts = np.concatenate([np.ones((1, size)), counts]).astype(np.float32)

    def kendall(self, x: Sequence[float], y: Sequence[float], within: Optional[Sequence[float]] = None) -> np.ndarray:
        """Kendall's tau-b of the sample and of every resample: (1 + R,), NaN where a variable is constant.

        Args:
            x, y: (N,) values; infinite ones are ranked, NaN is none.
            within: (N,) the group of each, such as its number of parameters. Only pairs of one group count, in the
                numerator and in both sums of untied pairs: what ``x`` says of ``y`` at equal size.
        """
        x, y = self._ranks(x), self._ranks(y)
        groups = np.ones(len(x), dtype=np.int64) if within is None else self._ranks(within)
        concordant = np.zeros(len(self.counts))
        # Signs of all pairs; ranks and sums are integers below 2^24, which float32 holds exactly.
        a, b = x.astype(np.float32), y.astype(np.float32)
        for start in range(0, len(x), 256):
            block = slice(start, start + 256)
            # Each pair once: those of a block with itself and with what follows.
            signs = np.sign(a[start:, None] - a[None, block]) * np.sign(b[start:, None] - b[None, block])
            if within is not None:
                signs *= groups[start:, None] == groups[None, block]
            signs[256:] *= 2
            products = self.counts[:, start:] @ signs
            concordant += np.einsum('rn,rn->r', products, self.counts[:, block], dtype=np.float64)
        with np.errstate(invalid='ignore', divide='ignore'):
            return concordant / np.sqrt(self._untied(x, groups) * self._untied(y, groups))

    def spearman(self, x: Sequence[float], y: Sequence[float]) -> np.ndarray:
        """Spearman's rho, mean ranks for ties, as :meth:`kendall`."""
        centred = []
        for values in (x, y):
            groups, cumulated = self._groups(self._ranks(values))
            before = np.concatenate([np.zeros((len(cumulated), 1)), cumulated[:, :-1]], 1)
            # The mean of n ranks is (n + 1) / 2 whatever the ties.
            centred.append(((before + cumulated) / 2)[:, groups] - cumulated[:, -1:] / 2)
        a, b = centred
        moments = [np.einsum('rn,rn,rn->r', self.counts, *pair, dtype=np.float64) for pair in ((a, b), (a, a), (b, b))]
        with np.errstate(invalid='ignore', divide='ignore'):
            return moments[0] / np.sqrt(moments[1] * moments[2])

    def partial_kendall(self, x: Sequence[float], y: Sequence[float], z: Sequence[float]) -> np.ndarray:
        """Kendall's partial tau of ``x`` and ``y`` given ``z``, as :meth:`kendall`.

        ``(t_xy - t_xz * t_yz) / sqrt((1 - t_xz^2) * (1 - t_yz^2))``: what ``x`` says of ``y``
        beyond what both have in common with ``z``, such as the number of parameters.
        """
        xy, xz, yz = self.kendall(x, y), self.kendall(x, z), self.kendall(y, z)
        with np.errstate(invalid='ignore', divide='ignore'):
            return (xy - xz * yz) / np.sqrt((1 - xz**2) * (1 - yz**2))

    def _ranks(self, values: Sequence[float]) -> np.ndarray:
        """(N,) dense ranks.

        Raises:
            ValueError: another number of values, or NaN among them.
        """
        values = np.asarray(values, dtype=np.float64)
        if values.shape != self.counts.shape[1:] or np.isnan(values).any():
            raise ValueError(
                f'a rank correlation of {self.counts.shape[1]} architectures needs as many numbers, got '
                f'{values.size}, {int(np.isnan(values).sum())} of them NaN'
            )
        return rankdata(values, method='dense')

    def _groups(self, ranks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(N,) group of equal values that each belongs to, and (1 + R, G) how many are in it or in a lower one."""
        order = np.argsort(ranks, kind='stable')
        ends = np.append(np.flatnonzero(np.diff(ranks[order])), len(ranks) - 1)
        cumulated = np.cumsum(self.counts[:, order], axis=1, dtype=np.float64)[:, ends]
        return ranks - 1, cumulated

    def _untied(self, ranks: np.ndarray, groups: np.ndarray) -> np.ndarray:
        """(1 + R,) ordered pairs of different values within a group."""
        inside = self._ranks(groups * (len(ranks) + 1) + ranks)
        return self._pairs(self._ranks(groups)) - self._pairs(inside)

    def _pairs(self, ranks: np.ndarray) -> np.ndarray:
        """(1 + R,) ordered pairs of equal values, those of each with itself among them."""
        _, cumulated = self._groups(ranks)
        return (np.diff(cumulated, axis=1, prepend=0) ** 2).sum(1)


def mean_over(estimates: Sequence[np.ndarray]) -> np.ndarray:
    """The mean of a statistic over seeds: (1 + R,) of the mean, from (1 + R,) of each."""
    return np.mean(estimates, axis=0)


def top_k(score: Sequence[float], truth: Sequence[float], k: int) -> tuple[float, float]:
    """Mean and best true accuracy of the ``k`` best-scored; of equal scores the earlier counts."""
    best = np.argsort(-np.asarray(score, dtype=np.float64), kind='stable')[:k]
    values = np.asarray(truth, dtype=np.float64)[best]
    return float(values.mean()), float(values.max())
