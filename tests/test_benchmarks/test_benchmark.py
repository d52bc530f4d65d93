"""A benchmark from outside the package: one entry, read by the package's reader."""

import math
import random

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmnas_mae.benchmarks import Benchmark, benchmark_names, benchmarks_of, get_benchmark, load_table, query
from mmnas_mae.spaces import get_space

SKIPS = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'
CONVS = SKIPS.replace('skip_connect', 'nor_conv_3x3')


def test_an_entry_is_all_that_a_table_needs(field_table, monkeypatch):
    table = load_table('field', field_table)
    assert (table.name, len(table), table.datasets) == ('field', 64, ('crops', 'soil'))
    assert list(table.columns) == [('crops', 'top1'), ('soil', 'error'), ('crops', 'size')]
    assert table.headline == (('crops', 'top1'), ('soil', 'error'))
    assert table.query(SKIPS, 'crops', 'top1') == 0.5
    assert table.row(SKIPS) == {
        'arch': next(table.archs()),
        'crops.top1': 0.5,
        'soil.error': 0.0,
        'crops.size': 0,
    }
    np.testing.assert_allclose(table.values('soil', 'error'), 1000.0 * np.arange(64))
    monkeypatch.setenv('MMNAS_DATA', str(field_table))
    assert query('Field', SKIPS, 'crops', 'top1') == 0.5
    assert 'field' in benchmark_names()


def test_the_text_of_a_file_may_be_any_text_of_the_space(field_table):
    table = load_table('field', field_table)
    assert SKIPS not in table.archs()
    generator, space = random.Random(0), table.spaces[0]
    for row in generator.sample(range(64), 10):
        genotype = space.parse(list(table.archs())[row])
        assert table.find(genotype) == table.find(space.format(genotype)) == row
    assert table.find(SKIPS.replace('skip_connect~2', 'none~2')) is None


def test_headline_values_are_finite_or_left_out(field_table):
    table = load_table('field', field_table)
    assert table.headline_values(SKIPS) == dict(crops_top1=0.5, soil_error=0.0)
    assert math.isnan(table.query(CONVS, 'crops', 'top1'))
    assert table.headline_values(CONVS) == dict(soil_error=63000.0)
    assert table.headline_values(SKIPS.replace('skip_connect~2', 'none~2')) is None
    with pytest.raises(ValueError, match="field has no architecture 'nothing'"):
        table.headline_values('nothing')


def test_units_are_those_of_the_entry(field_table, data_file):
    table = load_table('field', field_table)
    assert table.units == dict(crops_top1='share of 1', soil_error='metres', crops_size='parameters')
    shown = table.show(dict(crops_top1=0.5, crops_size=600, soil_error=63000.4))
    assert shown == 'crops_top1 0.5000 (share of 1), crops_size 600.0 (parameters), soil_error 63,000 (metres)'
    assert table.show(dict(other=1.0)) == 'other 1.000'
    nb201 = load_table('nasbench201', data_file('nb201.parquet'))
    assert nb201.show(nb201.headline_values(SKIPS)).endswith('imagenet16_valid 16.43, imagenet16_test 16.32 (per cent)')
    assert nb201.units['cifar10_flops_m'] == 'million multiply-adds'
    nb101, micro = (get_benchmark(name) for name in ('nasbench101', 'transnas101_micro'))
    assert [nb101.unit(m) for m in ('params', 'valid_acc_4', 'train_seconds_108')] == [
        'parameters',
        'share of 1',
        'seconds',
    ]
    assert [micro.unit(m) for m in ('test_top1', 'valid_neg_loss', 'valid_ssim')] == ['per cent', '', 'share of 1']


def test_parameters_are_what_the_table_counts_in_parameters(field_table, data_file):
    table = load_table('field', field_table)
    assert table.params(CONVS) == 600
    assert table.params(SKIPS.replace('skip_connect~2', 'none~2')) is None
    assert load_table('nasbench201', data_file('nb201.parquet')).params(SKIPS) == 73306
    assert load_table('transnas101_micro', data_file('transnas101.parquet')).params('64-41414-0_00_000') is None


def test_true_values_belong_to_the_entry():
    assert get_benchmark('nasbench201').truth_names() == {
        f'{name}_test': f'{name}_test_12ep' for name in ('cifar10', 'cifar100', 'imagenet16')
    }
    assert get_benchmark('nasbench101').truth_names() == dict(cifar10_valid_acc_108='cifar10_valid_acc_12')
    assert get_benchmark('transnas101_macro').truth_names() == dict.fromkeys(
        (
            'class_scene_valid_top1',
            'class_object_valid_top1',
            'room_layout_valid_neg_loss',
            'jigsaw_valid_top1',
            'segmentsemantic_valid_mIoU',
            'normal_valid_ssim',
            'autoencoder_valid_ssim',
        )
    )
    assert Benchmark((), (), (('a', 'b'), ('c', 'd'))).truth_names() == {'a_b': None, 'c_d': None}


def test_benchmarks_are_found_by_space(field_table):
    assert benchmarks_of('nasbench201') == ['nasbench201', 'field']
    assert benchmarks_of('transnas101_micro') == ['transnas101_micro', 'transnas101']
    assert benchmarks_of('darts_s0') == []


def test_settings_are_those_of_the_entry(field_table, data_file):
    assert get_benchmark('field', headline='size').headline[0] == ('crops', 'size')
    with pytest.raises(ValueError, match="field has no setting 'headlines'; its settings are: headline"):
        load_table('field', field_table, headlines='size')
    with pytest.raises(ValueError, match="nasbench101 has no setting 'merge_isomorphic'; its settings are: none"):
        load_table('nasbench101', data_file('nb101_20k.parquet'), merge_isomorphic=True)


@pytest.mark.parametrize(
    'columns, message',
    [
        ({'cell': [SKIPS]}, "field.parquet is no table of field: it has no column 'arch', only cell"),
        ({'arch': [SKIPS], 'crops.top5': [1.0]}, "it has no column 'crops.top1', only arch, crops.top5"),
        ({'arch': [SKIPS, CONVS, SKIPS], 'crops.top1': [1.0] * 3}, 'the table of field has .*skip_connect~2.* twice'),
    ],
)
def test_a_file_that_is_none_of_its_tables_is_refused(field_table, columns, message):
    pq.write_table(pa.table(columns), field_table / 'field.parquet')
    with pytest.raises(ValueError, match=message):
        load_table('field', field_table)


def test_the_space_of_a_search_is_checked(field_table):
    table = load_table('field', field_table)
    table.check_space(get_space('nasbench201').name)
    with pytest.raises(ValueError, match="benchmark 'field' knows nasbench201, the model searches darts_s0"):
        table.check_space('darts_s0')


def test_the_order_of_units_means_nothing():
    units = {'*': 'per cent', 'time_*': 'seconds', 'params': 'parameters'}
    for given in (units, dict(reversed(units.items()))):
        benchmark = Benchmark(spaces=('nasbench201',), files=(), headline=(), units=given)
        found = [benchmark.unit(metric) for metric in ('top1', 'time_total', 'params')]
        assert found == ['per cent', 'seconds', 'parameters']
    assert Benchmark(spaces=('nasbench201',), files=(), headline=()).unit('top1') == ''
