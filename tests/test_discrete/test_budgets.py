"""Discrete searches under a budget."""

import json
import math
import random

import pytest
import torch

from mmnas_mae.costs import Budget
from mmnas_mae.discrete import Evaluator, TableScorer, run_discrete_search
from mmnas_mae.models.architecture.cell_architecture import CellArchitecture
from mmnas_mae.registry import TASK_UTILS
from mmnas_mae.spaces import get_space

#: Multiply-adds that a tenth, a quarter and half of the cells of NAS-Bench-201 keep within.
TENTH, QUARTER, HALF = 11_715_200, 19_579_520, 47_104_640
SEARCHES = dict(
    random=dict(type='mmnas_mae.RandomSearch', budget=40),
    evolution=dict(type='mmnas_mae.RegularizedEvolution', population=10, sample=3, cycles=60),
    angle=dict(type='mmnas_mae.AngleEvolution', population=10, top=4, mutation=4, crossover=4, generations=5),
)


def skips(genotype):
    return sum(cell.count('skip_connect') for cell in genotype.cells.values())


@pytest.fixture(scope='module')
def scorer(data_file):
    return TableScorer('nasbench201', 'cifar10', 'valid_12ep', data_file('nb201.parquet'))


def search(space, config, limit, scorer=skips, seed=0, arch=None, **kwargs):
    space = get_space(space)
    evaluate = Evaluator(space, scorer, limit=limit, **kwargs)
    best = TASK_UTILS.build(config)(space, evaluate, random.Random(seed), arch)
    return best, evaluate.history


@pytest.mark.parametrize('name', SEARCHES)
def test_a_hundred_searches_by_the_table_keep_within_their_limits(name, scorer):
    space = get_space('nasbench201')
    budgets = {limit: Budget(macs=limit) for limit in (TENTH, QUARTER, HALF)}
    for seed in range(100):
        limit = (TENTH, QUARTER, HALF)[seed % 3]
        best, history = search(space, SEARCHES[name], budgets[limit], scorer, seed)
        assert all(budgets[limit](evaluation.genotype) for evaluation in history)
        assert math.isfinite(best.score)


def test_the_table_knows_the_same_parameters(scorer):
    space, budget = get_space('nasbench201'), Budget(params=1)
    generator = random.Random(0)
    for _ in range(200):
        genotype = space.random_genotype(generator)
        assert budget.cost(genotype)['params'] == scorer.table.query(genotype, 'cifar10', 'params')


def test_what_is_found_says_its_budget(scorer, tmp_path):
    space, budget, log = get_space('nasbench201'), dict(macs=QUARTER, at=dict(image_size=32)), tmp_path / 'log.jsonl'
    found = run_discrete_search(SEARCHES['evolution'], scorer, space, 0, log, budget=budget)
    cost = Budget(**budget).cost(found.genotype)
    assert found.genotype.meta['budget'] == dict(limits=dict(macs=QUARTER), at=dict(image_size=32), cost=cost)
    assert json.loads(log.read_text().splitlines()[0])['settings']['budget'] == budget
    with pytest.raises(ValueError, match='belongs to another search: budget is'):
        run_discrete_search(SEARCHES['evolution'], scorer, space, 0, log, budget=dict(macs=HALF))


def test_without_a_limit_searches_propose_what_they_did(scorer):
    """The limit asks nothing of the random numbers."""
    wide = Budget(macs=1e12)
    for config in SEARCHES.values():
        free, within = (search('nasbench201', config, limit, scorer)[1] for limit in (None, wide))
        assert [e.arch for e in free] == [e.arch for e in within]


@pytest.mark.parametrize('name', SEARCHES)
def test_a_limit_that_hardly_anything_meets_is_kept(name):
    """Fewer than one in 10^9 cells of S0 costs as little as the cheapest."""
    space, at = get_space('darts_s0'), dict(init_channels=4, layers=3)
    with pytest.raises(ValueError, match='smallest possible') as error:
        Budget(macs=1, at=at).check(space)
    smallest = Budget(macs=int(str(error.value).rpartition('=')[2]), at=at)
    best, history = search(space, SEARCHES[name], smallest)
    assert all(smallest(evaluation.genotype) for evaluation in history)
    assert smallest(best.genotype)


def test_the_likeliest_within_the_limit_are_selected():
    space, budget = get_space('nasbench201'), Budget(macs=TENTH)
    arch = CellArchitecture(space)
    with torch.no_grad():
        arch.alphas['cell'].copy_(torch.randn(6, 5, generator=torch.Generator().manual_seed(0)))
    _, history = search(space, dict(type='mmnas_mae.MostLikelySearch', num=12), budget, arch=arch)
    weights = arch.weights()['cell'].tolist()

    def likelihood(genotype):
        ops = [op for node in genotype.cells['cell'].nodes for op, _ in node]
        return math.prod(row[space.cells['cell'].ops[0].index(op)] for row, op in zip(weights, ops))

    expected = sorted(filter(budget, space.enumerate()), key=likelihood, reverse=True)[:12]
    assert [e.arch for e in history] == [space.format(genotype) for genotype in expected]


def test_a_search_that_knows_no_limit_scores_nothing_beyond_it():
    scored = []

    def scorer(genotype):
        scored.append(genotype)
        return skips(genotype)

    space, budget = get_space('nasbench201'), Budget(macs=QUARTER)
    evaluate, generator = Evaluator(space, scorer, limit=budget), random.Random(0)
    scores = evaluate.batch([space.random_genotype(generator) for _ in range(40)])
    assert 0 < len(scored) < 40
    assert all(map(budget, scored))
    assert scores.count(-math.inf) == sum(not budget(e.genotype) for e in evaluate.history)
    assert budget(evaluate.best.genotype)


def test_a_limit_that_nothing_meets_is_refused_before_the_search():
    with pytest.raises(ValueError, match='no member of space nasbench201 keeps within macs=1000; .* macs=7783040'):
        run_discrete_search(SEARCHES['random'], skips, get_space('nasbench201'), 0, budget=dict(macs=1000))
