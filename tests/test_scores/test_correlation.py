"""Rank correlations against scipy, on the real table of NAS-Bench-201."""

import math

import numpy as np
import pytest
from scipy.stats import kendalltau, spearmanr

from mmnas_mae.benchmarks.load import load_table
from mmnas_mae.scores.correlation import Estimate, RankStatistics, top_k


@pytest.fixture(scope='module')
def table(data_file):
    return load_table('nasbench201', data_file('nb201.parquet'))


@pytest.fixture(scope='module')
def sample(table):
    """300 cells of the table: test accuracy, parameters (with many ties), accuracy after 12 epochs."""
    rows = np.random.default_rng(0).permutation(len(table))[:300]
    return [table.values('cifar10', metric)[rows] for metric in ('test', 'params', 'test_12ep')]


def test_the_controls_on_the_whole_table_are_those_of_the_literature(table):
    truth = table.values('cifar10', 'test')
    statistics = RankStatistics(len(truth), resamples=1)
    for metric, expected in (('params', 0.578), ('test_12ep', 0.700)):
        control = table.values('cifar10', metric)
        tau = statistics.kendall(control, truth)[0]
        assert round(tau, 3) == expected
        assert tau == pytest.approx(kendalltau(control, truth).statistic, abs=1e-12)


def test_within_groups_only_their_pairs_count(sample):
    truth, params, early = sample
    statistics = RankStatistics(300, resamples=10, seed=2)
    found = statistics.kendall(early, truth, within=params)
    for value, counts in zip(found, statistics.counts):
        x, y, g = (np.repeat(values, counts.astype(int)) for values in (early, truth, params))
        same = g[:, None] == g[None]
        a, b = (np.sign(v[:, None] - v[None]) * same for v in (x, y))
        assert value == pytest.approx((a * b).sum() / math.sqrt((a**2).sum() * (b**2).sum()), abs=1e-12)
    one = statistics.kendall(early, truth, within=np.full(300, 7.0))
    np.testing.assert_array_equal(one, statistics.kendall(early, truth))
    assert np.isnan(statistics.kendall(params, truth, within=params)).all()


def test_every_resample_has_the_coefficients_of_scipy(sample):
    truth, params, _ = sample
    statistics = RankStatistics(300, resamples=20, seed=3)
    taus, rhos = statistics.kendall(params, truth), statistics.spearman(params, truth)
    assert (statistics.counts.sum(1) == 300).all()
    assert (statistics.counts[0] == 1).all()
    for row, tau, rho in zip(statistics.counts.astype(int), taus, rhos):
        x, y = np.repeat(params, row), np.repeat(truth, row)
        assert tau == pytest.approx(kendalltau(x, y).statistic, abs=1e-12)
        assert rho == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)


def test_resamples_draw_each_architecture_as_a_bootstrap_does():
    counts = RankStatistics(50, resamples=4000).counts[1:]
    assert counts.mean(0) == pytest.approx(1, abs=0.1)
    assert counts.var() == pytest.approx(1 - 1 / 50, abs=0.03)


def test_a_perfect_score_gives_one_and_a_shuffled_one_about_zero(sample):
    truth = sample[0]
    statistics = RankStatistics(300)
    perfect = Estimate.of(statistics.kendall(np.exp(truth / 10), truth))
    assert perfect == (1, 1, 1)
    assert Estimate.of(statistics.spearman(-truth, truth)) == pytest.approx((-1, -1, -1))
    shuffled = Estimate.of(statistics.kendall(np.random.default_rng(1).permutation(truth), truth))
    assert shuffled.low < 0 < shuffled.high
    assert abs(shuffled.value) < 0.1
    # The normal approximation of tau under independence: 2 * 1.96 * sqrt(2 * (2n + 5) / (9n * (n - 1))).
    width = 2 * 1.96 * math.sqrt(2 * 605 / (9 * 300 * 299))
    assert shuffled.high - shuffled.low == pytest.approx(width, rel=0.15)


def test_the_partial_coefficient_is_the_formula_and_takes_away_what_parameters_explain(sample):
    truth, params, early = sample
    statistics = RankStatistics(300, resamples=10)
    xy, xz, yz = (kendalltau(*pair).statistic for pair in ((early, truth), (early, params), (truth, params)))
    expected = (xy - xz * yz) / math.sqrt((1 - xz**2) * (1 - yz**2))
    assert statistics.partial_kendall(early, truth, params)[0] == pytest.approx(expected, abs=1e-12)
    # By hand: 4 architectures with taus 2/3, 1/3 and 0 between them.
    by_hand = RankStatistics(4, 1).partial_kendall([1, 2, 3, 4], [1, 2, 4, 3], [2, 1, 4, 3])[0]
    assert by_hand == pytest.approx((2 / 3 - 1 / 3 * 2 / 3) / math.sqrt((1 - 1 / 9) * (1 - 4 / 9)))
    # A score that is the size and noise says much of the accuracy, and little beyond the size.
    noisy = params * np.exp(0.3 * np.random.default_rng(0).standard_normal(300))
    assert statistics.kendall(noisy, truth)[0] > 0.4
    partial = Estimate.of(RankStatistics(300).partial_kendall(noisy, truth, params))
    assert partial.low < 0 < partial.high


def test_what_could_not_be_scored_ranks_last_and_a_constant_score_has_no_coefficient():
    statistics = RankStatistics(4, 3)
    assert statistics.kendall([-math.inf, 1, 2, 3], [0, 1, 2, 3])[0] == 1
    assert math.isnan(statistics.kendall([5, 5, 5, 5], [0, 1, 2, 3])[0])
    assert math.isnan(statistics.spearman([5, 5, 5, 5], [0, 1, 2, 3])[0])
    with pytest.raises(ValueError, match='of 4 architectures needs as many numbers, got 4, 1 of them NaN'):
        statistics.kendall([math.nan, 1, 2, 3], [0, 1, 2, 3])
    with pytest.raises(ValueError, match='at least 2 architectures and 1 resample, got 1 and 5'):
        RankStatistics(1, 5)


def test_the_best_scored_are_looked_up():
    assert top_k([0.1, 0.9, 0.5, 0.7], [10, 20, 90, 40], 1) == (20, 20)
    assert top_k([0.1, 0.9, 0.5, 0.7], [10, 20, 90, 40], 3) == (50, 90)
