"""Searches over real tables: what they propose, in which order, how often, and what they find."""

import json
import math
import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnas_mae.discrete import (
    AngleEvolution,
    Evaluator,
    RandomSearch,
    RegularizedEvolution,
    TableScorer,
    build_scorer,
    run_discrete_search,
)
from mmnas_mae.registry import TASK_UTILS
from mmnas_mae.spaces import CellSpace, get_space, mutate, registered_spaces

QUICK = settings(max_examples=20, deadline=None, database=None, derandomize=True)


@pytest.fixture(scope='module')
def table_scorer(data_file):
    return TableScorer('nasbench201', 'cifar10', 'valid_12ep', data_file('nb201.parquet'))


def count_skips(genotype):
    return sum(cell.count('skip_connect') for cell in genotype.cells.values())


def run(search, space='nasbench201', scorer=count_skips, seed=0, **kwargs):
    space = get_space(space)
    evaluate = Evaluator(space, scorer, **kwargs)
    search(space, evaluate, random.Random(seed))
    return evaluate


def test_every_search_spends_its_budget():
    assert len(run(RandomSearch(37)).history) == 37
    assert len(run(RegularizedEvolution(population=4, sample=2, cycles=31)).history) == 31
    evolved = run(AngleEvolution(population=8, top=3, mutation=3, crossover=3, generations=5), 'darts_s0')
    assert len(evolved.history) == 40
    assert len({e.arch for e in evolved.history}) == 40


def test_random_search_scores_the_draws_of_the_space():
    generator, space = random.Random(5), get_space('nasbench201')
    drawn = [space.format(space.random_genotype(generator)) for _ in range(20)]
    assert [e.arch for e in run(RandomSearch(20), seed=5).history] == drawn


def test_without_a_budget_of_draws_every_member_is_scored_once_in_random_order():
    space = dict(type='nasbench201', restrict=dict(cell=['skip_connect', 'nor_conv_1x1']))
    orders = [[e.arch for e in run(RandomSearch(None), space, seed=seed).history] for seed in (0, 0, 1)]
    assert orders[0] == orders[1] != orders[2]
    assert set(orders[0]) == set(orders[2])
    assert len(set(orders[0])) == len(orders[0]) == 64
    within = run(RandomSearch(None), space, limit=lambda genotype: count_skips(genotype) > 4).history
    assert len(within) == 7


def test_evolution_ages_the_oldest_member_dies_however_good(monkeypatch):
    """The older the better: each parent is then the oldest member, which dies with the birth of its child."""
    space, parents, original = get_space('darts_s0'), [], CellSpace.mutate

    def recording(self, genotype, generator):
        parents.append(genotype)
        return original(self, genotype, generator)

    monkeypatch.setattr(CellSpace, 'mutate', recording)
    evaluate = Evaluator(space, lambda genotype: -len(evaluate.history))
    # Of 100 competitors among 5 members the oldest is one.
    RegularizedEvolution(population=5, sample=100, cycles=40)(space, evaluate, random.Random(0))
    born = [evaluation.genotype for evaluation in evaluate.history]
    assert len(parents) == 35
    assert parents == born[:35]


def test_evolution_beats_random_search_on_the_real_table(table_scorer):
    best = {}
    for search in (RandomSearch(200), RegularizedEvolution(population=10, sample=3, cycles=200)):
        found = [run(search, scorer=table_scorer, seed=seed).best.score for seed in range(20)]
        best[type(search)] = statistics.mean(found)
    assert best[RegularizedEvolution] > best[RandomSearch] + 0.3
    assert best[RegularizedEvolution] == pytest.approx(84.5, abs=0.3)


def test_the_evolution_of_rlnas_beats_both_and_stays_within_its_limit(table_scorer):
    def small(genotype):
        return table_scorer.table.query(genotype, 'cifar10', 'params') < 5e5

    search = AngleEvolution(population=20, top=5, mutation=10, crossover=10, generations=10)
    found = run(search, scorer=table_scorer, limit=small)
    assert all(small(evaluation.genotype) for evaluation in found.history)
    bound = max(
        value
        for value, params in zip(
            table_scorer.table.values('cifar10', 'valid_12ep'), table_scorer.table.values('cifar10', 'params')
        )
        if params < 5e5
    )
    assert bound - found.best.score < 1.0


def test_generations_descend_from_the_best():
    search = AngleEvolution(population=10, top=2, mutation=10, crossover=0, generations=4, mutation_rate=0.0)
    found = run(search, 'nasbench201')
    history = found.history
    for start in range(10, 40, 10):
        best = sorted(history[:start], key=lambda e: -e.score)[:2]
        for child in history[start : start + 10]:
            changed = [sum(a != b for a, b in zip(_edges(child.genotype), _edges(e.genotype))) for e in best]
            assert min(changed) == 1


def _edges(genotype):
    return [edge for cell in genotype.cells.values() for node in cell.nodes for edge in node]


def test_an_exhausted_space_ends_the_evolution():
    space = get_space(dict(type='nasbench201', restrict=dict(cell=['skip_connect', 'nor_conv_1x1'])))
    evaluate = Evaluator(space, count_skips)
    AngleEvolution(population=50, top=5, mutation=10, crossover=10, generations=20)(space, evaluate, random.Random(0))
    assert len(evaluate.history) == 64
    assert evaluate.best.score == 6


@pytest.mark.parametrize('name', [space.name for space in registered_spaces()])
@QUICK
@given(seed=st.integers(0, 2**32))
def test_variation_stays_in_every_space(name, seed):
    space, generator = get_space(name), random.Random(seed)
    first, second = space.random_genotype(generator), space.random_genotype(generator)
    space.validate(mutate(space, first, generator, 0.3))
    if isinstance(space, CellSpace):
        kinds = list(first.cells)[:1]
        child = mutate(space, first, generator, 0.3, kinds)
        space.validate(child)
        assert [kind for kind in first.cells if child.cells[kind] != first.cells[kind]] in (kinds, [])
        with pytest.raises(ValueError, match=r"mutation may change some of the cells \[.*\], got \['x'\]"):
            mutate(space, first, generator, 0.3, ['x'])
    child = space.crossover(first, second, generator)
    if child is None:
        assert not hasattr(space, 'cells') or first.macro != second.macro
        return
    space.validate(child)
    for kind, cell in child.cells.items():
        for nodes in zip(cell.nodes, first.cells[kind].nodes, second.cells[kind].nodes):
            assert set(nodes[0]) <= {*nodes[1], *nodes[2]}
    assert space.crossover(first, first, generator) == first


def test_a_search_is_resumed_where_it_stopped(tmp_path):
    search, calls = RegularizedEvolution(population=4, sample=2, cycles=30), []

    def scorer(genotype):
        calls.append(genotype)
        return count_skips(genotype)

    whole = run(search, scorer=scorer, path=tmp_path / 'whole.jsonl', settings=dict(seed=0))
    computed = len(calls)
    text = (tmp_path / 'whole.jsonl').read_text()
    lines = text.splitlines(keepends=True)
    assert len(lines) == 31
    assert computed == len({e.arch for e in whole.history}) < 30
    # Killed in the middle of a line.
    (tmp_path / 'cut.jsonl').write_text(''.join(lines[:13]) + lines[13][:17])
    calls.clear()
    resumed = run(search, scorer=scorer, path=tmp_path / 'cut.jsonl', settings=dict(seed=0))
    assert [(e.arch, e.score) for e in resumed.history] == [(e.arch, e.score) for e in whole.history]
    assert len(calls) == computed - len({json.loads(line)['arch'] for line in lines[1:13]})
    again = [{k: v for k, v in json.loads(line).items() if k not in ('seconds', 'cpu_seconds')} for line in lines]
    ours = [json.loads(line) for line in (tmp_path / 'cut.jsonl').read_text().splitlines()]
    assert [{k: v for k, v in line.items() if k not in ('seconds', 'cpu_seconds')} for line in ours] == again


def test_the_file_of_another_search_is_refused(tmp_path):
    run(RandomSearch(3), path=tmp_path / 'a.jsonl', settings=dict(seed=0))
    with pytest.raises(ValueError, match=r'a\.jsonl belongs to another search: seed is 0 there and 1 here'):
        run(RandomSearch(3), seed=1, path=tmp_path / 'a.jsonl', settings=dict(seed=1))
    with pytest.raises(ValueError, match='evaluation 0: the file holds .* this search proposes'):
        run(RandomSearch(3), seed=1, path=tmp_path / 'a.jsonl', settings=dict(seed=0))


def test_a_score_that_is_no_number_is_the_worst(tmp_path):
    scores = iter([1.0, math.nan, 2.0, math.inf])
    evaluate = run(RandomSearch(4), scorer=lambda genotype: next(scores), path=tmp_path / 'a.jsonl')
    assert [e.score for e in evaluate.history] == [1.0, -math.inf, 2.0, -math.inf]
    assert evaluate.best.number == 2
    assert [e.number for e in evaluate.best_so_far()] == [0, 0, 2, 2]
    replayed = run(RandomSearch(4), scorer=None, path=tmp_path / 'a.jsonl')
    assert [e.score for e in replayed.history] == [e.score for e in evaluate.history]


def test_configs_build_searches_and_scorers(data_file):
    table = str(data_file('transnas101.parquet'))
    scorer = build_scorer(
        dict(
            type='mmnas_mae.TableScorer',
            benchmark='transnas101_macro',
            dataset='jigsaw',
            metric='valid_top1',
            table=table,
        )
    )
    cfg = dict(type='mmnas_mae.RegularizedEvolution', population=5, sample=2, cycles=60)
    found = run_discrete_search(cfg, scorer, get_space('transnas101_macro'), seed=0)
    assert found.best.score == scorer.table.query(found.best.arch, 'jigsaw', 'valid_top1')
    assert found.best.score > statistics.mean(e.score for e in found.evaluate.history[:5])
    assert build_scorer(count_skips) is count_skips
    with pytest.raises(ValueError, match="no scorer 'mmnas_mae.Oracle'; there are: .*TableScorer"):
        build_scorer(dict(type='mmnas_mae.Oracle'))
    with pytest.raises(ValueError, match='InheritedScorer works on a trained search; set run'):
        build_scorer(dict(type='mmnas_mae.InheritedScorer'))


@pytest.mark.parametrize(
    'cfg, message',
    [
        (dict(type='RandomSearch', budget=0), 'RandomSearch.budget must be a whole number of at least 1, got 0'),
        (dict(type='RegularizedEvolution', sample=0), 'RegularizedEvolution.sample must be at least 1, got 0'),
        (dict(type='RegularizedEvolution', cycles=5), 'RegularizedEvolution.cycles must be at least 10, got 5'),
        (dict(type='AngleEvolution', top=0), 'AngleEvolution.top must be at least 1, got 0'),
        (dict(type='AngleEvolution', mutation=40), 'exceed the population of 50 together, got 40 and 25'),
        (dict(type='AngleEvolution', mutation_rate=2), r'mutation_rate must lie in \[0, 1\], got 2'),
        (dict(type='MostLikelySearch', num=0), 'MostLikelySearch.num must be a whole number of at least 1, got 0'),
        (dict(type='Budget', macs=0), 'budget.macs must be positive, got 0'),
        (dict(type='Budget', at=dict(layers=14)), 'budget must limit macs, params or latency_ms'),
    ],
)
def test_wrong_settings_are_named(cfg, message):
    with pytest.raises(ValueError, match=message):
        TASK_UTILS.build({**cfg, 'type': f'mmnas_mae.{cfg["type"]}'})


def test_a_limit_that_nothing_passes_is_named():
    with pytest.raises(ValueError, match='the limit lets none of 100 random members of nasbench201 pass'):
        run(AngleEvolution(population=5, top=2, mutation=2, crossover=2), limit=lambda genotype: False)
