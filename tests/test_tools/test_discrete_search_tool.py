"""tools/discrete_search.py over tables that are not complete or come from outside the package."""

import csv
import json
import math

import pyarrow.parquet as pq
import pytest

RANDOM = 'configs/discrete/rs-table_nasbench201_cifar10.py'


def strict(text):
    """JSON as its standard has it, without NaN."""

    def refuse(constant):
        raise AssertionError(f'{constant} is no JSON')

    return json.loads(text, parse_constant=refuse)


@pytest.fixture
def with_gaps(data_file, tmp_path):
    """NAS-Bench-201 without accuracies on ImageNet16-120."""
    rows = pq.read_table(data_file('nb201.parquet'))
    for name in ('imagenet16_test', 'imagenet16_valid'):
        place = rows.column_names.index(name)
        rows = rows.set_column(place, name, [[math.nan] * len(rows)])
    folder = tmp_path / 'tables'
    folder.mkdir()
    pq.write_table(rows, folder / 'nb201.parquet')
    return folder


def test_a_value_that_the_table_lacks_is_left_out_of_the_result(call, with_gaps, tmp_path):
    options = [f'truth.path={with_gaps}', f'scorer.table={with_gaps}', 'search.budget=5']
    printed = strict(call('tools/discrete_search.py', RANDOM, '--work-dir', tmp_path / 'a', '--cfg-options', *options))
    result = strict((tmp_path / 'a' / 'result.json').read_text())
    assert result == printed
    assert sorted(result['values']) == ['cifar100_test', 'cifar100_valid', 'cifar10_test', 'cifar10_valid']
    assert result['units'] == dict.fromkeys(result['values'], 'per cent')
    with (tmp_path / 'a' / 'curve.csv').open() as file:
        rows = list(csv.DictReader(file))
    assert {row['best_imagenet16_test'] for row in rows} == {''}
    assert float(rows[-1]['best_cifar10_test']) == result['values']['cifar10_test']


def test_a_search_over_a_table_of_another_package(call, field_table):
    config, path = field_table / 'config.py', str(field_table)
    config.write_text(f"""
space = dict(type='nasbench201', restrict=dict(cell=['skip_connect', 'nor_conv_3x3']))
search = dict(type='mmnas_mae.RandomSearch', budget=20)
scorer = dict(type='mmnas_mae.TableScorer', benchmark='field', dataset='soil', metric='error', table={path!r})
truth = dict(benchmark='field', path={path!r})
randomness = dict(seed=0)
""")
    result = strict(call('tools/discrete_search.py', config, '--work-dir', field_table / 'a'))
    assert result['score'] == result['values']['soil_error']
    assert result['units'] == {
        **dict(soil_error='metres'),
        **dict.fromkeys({*result['values']} - {'soil_error'}, 'share of 1'),
    }
    wrong = ['--cfg-options', 'truth.paths=x']
    refused = call('tools/discrete_search.py', config, '--work-dir', field_table / 'b', *wrong, expect=1)
    assert "benchmark field has no setting 'paths'; its settings are: headline" in refused


def test_a_front_and_a_budget(call, tmp_path):
    fast = ['--work-dir', tmp_path, '--shape', 32, '--cfg-options', 'search.budget=10']
    printed = strict(call('tools/discrete_search.py', RANDOM, '--pareto', 3, '--cost', 'params', *fast))
    params = [row['params'] for row in printed['front']]
    assert params == sorted(set(params))
    assert sorted(path.name for path in tmp_path.glob('front.*')) == ['front.csv', 'front.md', 'front.png']
    call('tools/discrete_search.py', RANDOM, '--budget', '20M', *fast)
    meta = strict((tmp_path / 'genotype.json').read_text())['meta']
    assert meta['budget']['cost']['macs'] <= 20e6
    both = call('tools/discrete_search.py', RANDOM, '--pareto', '--budget', '20M', *fast, expect=1)
    assert 'error: --pareto chooses the budgets itself; leave out macs' in both
