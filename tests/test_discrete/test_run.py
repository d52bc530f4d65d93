"""One discrete search from its configs to what it found, over a table from outside the package."""

import csv
import json
import math

import pytest

from mmnas_mae.benchmarks import load_table
from mmnas_mae.discrete import run_discrete_search
from mmnas_mae.registry import HOOKS
from mmnas_mae.spaces import get_space, load_genotype

SEARCH = dict(type='mmnas_mae.RandomSearch', budget=30)


@pytest.fixture
def space():
    return get_space(dict(type='nasbench201', restrict=dict(cell=['skip_connect', 'nor_conv_3x3'])))


def test_a_search_over_a_table_of_another_package(field_table, space):
    table = load_table('field', field_table)
    config = dict(
        type='mmnas_mae.TableScorer', benchmark='field', dataset='soil', metric='error', table=str(field_table)
    )
    log = field_table / 'evaluations.jsonl'
    found = run_discrete_search(SEARCH, config, space, 3, log, dict(space='field'), table=table, epoch=7)
    assert found.best.score == max(table.query(e.arch, 'soil', 'error') for e in found.evaluate.history)
    assert found.genotype.meta == dict(seed=3, epoch=7, score=found.best.score, selected_by='mmnas_mae.RandomSearch')
    assert found.values == table.headline_values(found.best.arch)
    settings = json.loads(log.read_text().splitlines()[0])['settings']
    assert settings == dict(space='field', search=SEARCH, scorer=config, seed=3)
    result = found.result()
    assert (result['evaluations'], result['seed'], result['arch']) == (30, 3, found.best.arch)
    assert found.evaluate.history[result['found_at'] - 1] == found.best
    assert result['architectures'] == len({e.arch for e in found.evaluate.history}) < 30
    assert result['units']['soil_error'] == 'metres'
    # Run again, everything is replayed.
    again = run_discrete_search(SEARCH, config, space, 3, log, dict(space='field'), table=table, epoch=7)
    assert {**again.result(), 'seconds': 0} == {**result, 'seconds': 0}
    with pytest.raises(ValueError, match='belongs to another search: seed is 3 there and 4 here'):
        run_discrete_search(SEARCH, config, space, 4, log, dict(space='field'))


def test_the_curve_has_the_true_values_of_the_best_so_far(field_table, space):
    table = load_table('field', field_table)

    def skips_last(genotype):
        return -table.query(genotype, 'soil', 'error')

    found = run_discrete_search(dict(SEARCH, budget=8), skips_last, space, 0, table=table)
    found.write_curve(field_table / 'curve.csv')
    with (field_table / 'curve.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[3:] == ['best_crops_top1', 'best_soil_error', 'best_arch']
    for row, best in zip(rows, found.evaluate.best_so_far()):
        assert row['best_arch'] == best.arch
        assert float(row['best_soil_error']) == -best.score == -float(row['best_score'])


def test_what_is_not_finite_is_no_number_in_json(field_table, space):
    table = load_table('field', field_table)
    last = list(table.archs())[-1]
    found = run_discrete_search(
        dict(SEARCH, budget=1), lambda genotype: math.nan, space, 0, table=table, log=field_table / 'log.jsonl'
    )
    found.genotype.save(field_table / 'genotype.json')
    assert load_genotype(field_table / 'genotype.json').meta['score'] is None
    assert found.result()['score'] is None
    worst = run_discrete_search(
        dict(SEARCH, budget=200), lambda g: table.find(g), space, 0, table=table, log=field_table / 'worst.jsonl'
    )
    assert worst.best.genotype == table.genotype(last)
    assert worst.result()['values'] == dict(soil_error=63000.0)
    json.dumps([found.result(), worst.result()], allow_nan=False)


def test_a_table_or_search_of_another_space_is_refused_before_anything_is_scored(field_table, small_run):
    table = load_table('field', field_table)
    with pytest.raises(ValueError, match="'field' knows nasbench201, the model searches transnas101_micro"):
        run_discrete_search(SEARCH, None, get_space('transnas101_micro'), 0, table=table)
    with pytest.raises(ValueError, match='space is transnas101_micro, but run.config searches nasbench201'):
        run_discrete_search(SEARCH, None, get_space('transnas101_micro'), 0, run=small_run(heldout=0))


def test_the_hook_refuses_a_table_of_another_space_before_training(field_table):
    class Runner:
        model = type('Model', (), dict(arch=type('Arch', (), dict(space=get_space('darts_s0')))))

    config = dict(type='mmnas_mae.DiscreteSearchHook', search=SEARCH, scorer=dict(type='mmnas_mae.InheritedScorer'))
    hook = HOOKS.build(dict(config, benchmark='field', table=field_table))
    with pytest.raises(ValueError, match="'field' knows nasbench201, the model searches darts_s0"):
        hook.before_train(Runner())
