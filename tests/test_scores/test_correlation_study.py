"""The study over scores whose coefficients are known, on real accuracies of NAS-Bench-201."""

import numpy as np
import pytest
from scipy.stats import kendalltau

from mmnas_mae.benchmarks.load import load_table
from mmnas_mae.discrete import Evaluator, TableScorer
from mmnas_mae.scores.correlation_study import Protocol, size_bins, study
from mmnas_mae.scores.scores import sample_architectures, score_columns
from mmnas_mae.scores.scores_file import Scores


@pytest.fixture(scope='module')
def scores(data_file):
    """120 cells with their accuracy on CIFAR-10 as score."""
    file = data_file('nb201.parquet')
    table = load_table('nasbench201', file)
    evaluate = Evaluator(table.spaces[0], TableScorer('nasbench201', 'cifar10', 'test', file))
    evaluate.batch(sample_architectures(table, 120, seed=1))
    columns = {name: np.array(values) for name, values in score_columns(evaluate.history, table).items()}
    return Scores(columns, dict(benchmark='nasbench201', complete=True))


def with_score(scores, values, **meta):
    return Scores(dict(scores.columns, score=np.asarray(values)), dict(scores.meta, **meta))


def test_true_accuracy_as_score_and_its_controls(scores):
    found = study([Protocol('true', [scores])], resamples=50)
    assert list(found['truths']) == ['cifar10_test', 'cifar100_test', 'imagenet16_test']
    values = found['truths']['cifar10_test']
    connected, truth = scores.columns['connected'], scores.columns['cifar10_test']
    assert found['disconnected'] == (~connected).sum() > 0
    assert values['ranges'] == {
        'all': 120,
        'connected': connected.sum(),
        'top half': -(-connected.sum() // 2),
    }
    for name in values['ranges']:
        assert values['predictors']['true'][name]['tau'] == pytest.approx((1, 1, 1))
    assert values['predictors']['true']['top'][1] == dict(mean=truth.max(), best=truth.max())
    assert values['predictors']['true']['top'][10]['mean'] == pytest.approx(np.sort(truth)[-10:].mean())
    top = connected & (truth >= np.sort(truth[connected])[-values['ranges']['top half']])
    for name, column in (('parameters', 'params'), ('cifar10_test_12ep', 'cifar10_test_12ep')):
        control = scores.columns[column]
        for rows, label in ((connected | True, 'all'), (connected, 'connected'), (top, 'top half')):
            expected = kendalltau(control[rows], truth[rows]).statistic
            assert values['predictors'][name][label]['tau'].value == pytest.approx(expected)
    assert values['predictors']['parameters']['all']['partial'] is None
    bins = size_bins(scores.columns['params'])
    same = bins[:, None] == bins
    early, size = scores.columns['cifar10_test_12ep'], scores.columns['params']
    for name, column in (('parameters', size), ('cifar10_test_12ep', early)):
        x, y = (np.sign(v[:, None] - v) * same for v in (column, truth))
        expected = (x * y).sum() / np.sqrt((x**2).sum() * (y**2).sum())
        assert values['predictors'][name]['all']['equal'].value == pytest.approx(expected)


def test_bins_hold_about_equally_many_and_equal_sizes_together():
    assert np.bincount(size_bins(np.arange(100.0))).tolist() == [10] * 10
    sizes = np.array([5] * 60 + [7] * 30 + [9] * 10)
    bins = size_bins(sizes)
    assert [len(set(bins[sizes == size])) for size in (5, 7, 9)] == [1, 1, 1]
    assert len(set(bins)) == 3


def test_true_values_are_those_of_a_benchmark_of_another_package(field_table):
    table = load_table('field', field_table)
    evaluate = Evaluator(table.spaces[0], TableScorer('field', 'soil', 'error', field_table))
    evaluate.batch([table.genotype(arch) for arch in table.archs()])
    columns = {name: np.array(values) for name, values in score_columns(evaluate.history, table).items()}
    assert list(columns)[-2:] == ['crops_top1', 'soil_error']
    assert list(columns['params']) == [100 * arch.count('conv') for arch in table.archs()]
    found = study([Protocol('error', [Scores(columns, dict(benchmark='field', complete=True))])], resamples=20)
    assert list(found['truths']) == ['crops_top1', 'soil_error']
    # Both rise from row to row; the last has no accuracy.
    assert found['truths']['crops_top1']['ranges']['all'] == 63
    assert found['truths']['crops_top1']['predictors']['error']['all']['tau'] == pytest.approx((1, 1, 1))
    with pytest.raises(ValueError, match="unknown benchmark 'orchard'; there are: nasbench101, "):
        study([Protocol('error', [Scores(columns, dict(benchmark='orchard', complete=True))])], resamples=20)


def test_seeds_are_averaged_and_protocols_compared_pairwise(scores):
    truth, generator = scores.columns['cifar100_test'], np.random.default_rng(0)
    order = generator.permutation(120)
    noisy = [with_score(scores, truth + generator.normal(0, 8, 120)) for _ in range(3)]
    # Files may hold their architectures in any order, and more of them than others.
    shuffled = Scores({name: values[order][:100] for name, values in noisy[0].columns.items()}, noisy[0].meta)
    protocols = [Protocol('noisy', [shuffled, *noisy[1:]]), Protocol('true', [with_score(scores, truth)])]
    found = study(protocols, ['cifar100_test'], resamples=200)
    assert found['architectures'] == 100
    values = found['truths']['cifar100_test']
    rows = np.sort(order[:100])
    taus = [kendalltau(each.columns['score'][rows], truth[rows]).statistic for each in noisy]
    mean = values['predictors']['noisy']['all']
    assert mean['tau'].value == pytest.approx(np.mean(taus))
    assert mean['seed_std'] == pytest.approx(np.std(taus, ddof=1))
    difference = values['differences']['all']['noisy - true']
    assert difference.value == pytest.approx(np.mean(taus) - 1)
    assert difference.high < 0
    # Against a constant the paired interval is that of the mean itself.
    assert (difference.low + 1, difference.high + 1) == pytest.approx(mean['tau'][1:])
    assert set(values['differences']['all']) == {'noisy - true', 'noisy - parameters', 'true - parameters'}


def test_seeds_may_have_their_own_architectures(scores):
    truth, generator = scores.columns['cifar10_test'], np.random.default_rng(1)
    halves = [np.arange(60), np.arange(60, 120)]
    seeds = []
    for sample, rows in enumerate(halves):
        columns = {name: values[rows] for name, values in scores.columns.items()}
        own = with_score(Scores(columns, scores.meta), truth[rows] + generator.normal(0, 8, 60), arch_seed=sample)
        seeds.append(own)
    found = study([Protocol('noisy', seeds)], ['cifar10_test'], resamples=400)
    assert (found['architectures'], found['samples']) == (120, 2)
    values = found['truths']['cifar10_test']
    taus = [kendalltau(each.columns['score'], truth[rows]).statistic for each, rows in zip(seeds, halves)]
    tau = values['predictors']['noisy']['all']['tau']
    assert tau.value == pytest.approx(np.mean(taus))
    # The mean of two independent samples has an interval narrower by the root of two, roughly.
    alone = [study([Protocol('noisy', [each])], ['cifar10_test'], resamples=400) for each in seeds]
    widths = [each['truths']['cifar10_test']['predictors']['noisy']['all']['tau'] for each in alone]
    expected = np.sqrt(sum((w.high - w.low) ** 2 for w in widths)) / 2
    assert tau.high - tau.low == pytest.approx(expected, rel=0.15)
    size = scores.columns['params']
    of_size = np.mean([kendalltau(size[rows], truth[rows]).statistic for rows in halves])
    assert values['predictors']['parameters']['all']['tau'].value == pytest.approx(of_size)
    assert values['ranges']['all'] == 120
    with pytest.raises(ValueError, match='share no sample of architectures; their arch seeds are a: .0.; b: .1.'):
        study([Protocol('a', seeds[:1]), Protocol('b', seeds[1:])])


def test_losses_stand_beside_the_trivial_predictors(scores):
    connected = scores.columns['connected']
    losses = np.where(connected, np.linspace(0.2, 0.6, 120), 0.9)
    trivial = dict(image_mean=0.8, diffusion_fill=0.4)
    found = study([Protocol('a', [with_score(scores, -losses, trivial_losses=trivial)])], ['cifar10_test'], 5)
    below = (losses[connected] < 0.4).mean()
    assert found['losses']['a']['below'] == dict(image_mean=1.0, diffusion_fill=below)
    assert found['losses']['a']['median'] == np.median(losses[connected])
    assert study([Protocol('a', [scores])], ['cifar10_test'], 5)['losses'] == dict(a=None)


def test_wrong_input_is_named(scores):
    with pytest.raises(ValueError, match="no true value 'mnist'; there are: cifar10_flops_m, cifar10_valid"):
        study([Protocol('a', [scores])], ['mnist'])
    with pytest.raises(ValueError, match='got nasbench201 and a, a'):
        study([Protocol('a', [scores]), Protocol('a', [scores])])
    with pytest.raises(ValueError, match='of one benchmark .* got nasbench101, nasbench201'):
        study([Protocol('a', [scores]), Protocol('b', [with_score(scores, [0] * 120, benchmark='nasbench101')])])
