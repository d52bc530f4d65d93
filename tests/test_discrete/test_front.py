"""The front of score against cost."""

import csv
import random

import pytest

from mmnas_mae.benchmarks import load_table
from mmnas_mae.costs import Budget
from mmnas_mae.discrete import Evaluation, Point, TableScorer, pareto_front, search_front, write_front
from mmnas_mae.spaces import get_space

SEARCH = dict(type='mmnas_mae.RegularizedEvolution', population=10, sample=3, cycles=40)


def point(number, score, macs):
    return Point(Evaluation(number, None, str(number), score, 0.0), dict(macs=macs, params=0))


def test_what_something_cheaper_beats_is_left_out():
    points = [
        point(0, 1.0, 5),
        point(1, 3.0, 7),
        point(2, 2.0, 7),
        point(3, 2.5, 8),
        point(4, 1.0, 4),
        point(5, 4.0, 9),
    ]
    assert [p.evaluation.number for p in pareto_front(points, 'macs')] == [4, 1, 5]
    generator = random.Random(0)
    points = [point(i, generator.randrange(30), generator.randrange(30)) for i in range(200)]
    front = pareto_front(points, 'macs')
    for p in points:
        beaten = [
            other
            for other in front
            if other.cost['macs'] <= p.cost['macs'] and other.evaluation.score >= p.evaluation.score
        ]
        assert beaten
        assert p not in front or beaten == [p]


@pytest.fixture
def space():
    return get_space('nasbench201')


def test_a_front_searches_each_budget_and_goes_on_where_it_stopped(data_file, space, tmp_path):
    file = data_file('nb201.parquet')
    table, scored = load_table('nasbench201', file), []

    class Counting(TableScorer):
        def __call__(self, genotype):
            scored.append(space.format(genotype))
            return super().__call__(genotype)

        def __str__(self):
            return 'counting'

    scorer = Counting('nasbench201', 'cifar10', 'valid_12ep', file)
    front = search_front(SEARCH, scorer, space, 0, tmp_path, points=4)
    # No architecture is scored for two budgets.
    assert len(scored) == len(set(scored)) > 80
    costs = [p.cost['macs'] for p in front]
    assert costs == sorted(set(costs))
    for number, limit in enumerate((19_579_520, 47_104_640)):
        (best,) = (p for p in front if p.cost['macs'] == max(c for c in costs if c <= limit))
        found = Budget(macs=limit)
        assert found(best.evaluation.genotype)
        assert (tmp_path / f'budget_{number}' / 'genotype.json').exists()
    rows = write_front(front, tmp_path, 'macs', table)
    assert [row['macs'] for row in rows] == costs
    with (tmp_path / 'front.csv').open() as file:
        written = list(csv.DictReader(file))
    assert [float(row['cifar10_test']) for row in written] == [row['cifar10_test'] for row in rows]
    assert (tmp_path / 'front.png').stat().st_size > 1000
    assert len((tmp_path / 'front.md').read_text().splitlines()) == len(rows) + 2
    # Run again, everything is replayed; what an interruption has lost is searched again, to the same end.
    log, before = tmp_path / 'budget_2' / 'evaluations.jsonl', len(scored)
    log.write_text(''.join(log.read_text().splitlines(keepends=True)[:10]))
    again = search_front(SEARCH, scorer, space, 0, tmp_path, points=4)
    assert [(p.evaluation.arch, p.evaluation.score, p.cost) for p in again] == [
        (p.evaluation.arch, p.evaluation.score, p.cost) for p in front
    ]
    assert before < len(scored) < 2 * before


@pytest.mark.parametrize(
    'settings, reason',
    [
        (dict(points=0), 'a front needs at least 1 budget, got 0'),
        (dict(metric='flops'), "'macs' or 'params', got 'flops'"),
    ],
)
def test_wrong_settings_are_named(settings, reason, space, tmp_path):
    with pytest.raises(ValueError, match=reason):
        search_front(SEARCH, len, space, 0, tmp_path, **settings)
