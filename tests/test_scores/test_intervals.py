"""Student's t intervals, compared with those of scipy's tests."""

import numpy as np
import pytest
from scipy import stats

from mmnas_mae.scores.intervals import Interval, mean_interval, paired_interval


@pytest.mark.parametrize('number', [2, 3, 5, 20])
def test_the_interval_of_a_mean_is_that_of_the_test_against_zero(number):
    values = np.random.default_rng(number).normal(70, 5, number).tolist()
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = mean_interval(values)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-12)
    assert found.mean == pytest.approx(np.mean(values), rel=1e-14)
    assert found.half == pytest.approx((expected.high - expected.low) / 2, rel=1e-12)


def test_two_values_by_hand():
    # The quantile of one degree of freedom is tan(0.475 pi) = 12.7062, the standard error of 1 and 3 is 1.
    assert mean_interval([1.0, 3.0]) == pytest.approx((2.0, 2 - 12.706204736, 2 + 12.706204736), abs=1e-8)


def test_differences_are_those_of_equal_seeds():
    draw = np.random.default_rng(0)
    first = {seed: float(draw.normal(80, 5)) for seed in range(6)}
    second = {seed: first[seed] - 1 + float(draw.normal(0, 0.5)) for seed in (5, 4, 3, 2, 1)}
    seeds = range(1, 6)
    expected = stats.ttest_rel([first[s] for s in seeds], [second[s] for s in seeds]).confidence_interval(0.95)
    found = paired_interval(first, second)
    assert (found.low, found.high) == pytest.approx(expected, rel=1e-10)
    # Unpaired, the spread of the seeds would hide the difference.
    apart = stats.ttest_ind(list(first.values()), list(second.values())).confidence_interval(0.95)
    assert found.low > 0 > apart.low


def test_one_value_has_no_interval_and_none_has_no_mean():
    assert mean_interval([3.0]) == Interval(3.0, None, None)
    assert paired_interval({0: 5.0, 1: 1.0}, {0: 3.0, 2: 9.0}) == Interval(2.0, None, None)
    assert paired_interval({0: 5.0}, {1: 3.0}) is None
    with pytest.raises(ValueError, match='got none'):
        mean_interval([])
