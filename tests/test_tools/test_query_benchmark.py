"""The command that prints the row of an architecture."""

import json
import re
import runpy
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmnas_mae.registry import BENCHMARKS

TOOL = 'tools/analysis/query_benchmark.py'
OPTIMUM = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'
ALL_SKIP = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'


@pytest.fixture
def call(repository, data_dir, monkeypatch, capsys):
    """Runs the tool in this process; returns its exit code or error and what it printed."""
    monkeypatch.setenv('MMNAS_DATA', str(data_dir))

    def run(*arguments):
        monkeypatch.setattr(sys, 'argv', [TOOL, *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            runpy.run_path(str(repository / TOOL), run_name='__main__')
        return stopped.value.code, capsys.readouterr().out

    return run


def test_the_command_line_prints_one_json_object(repository, data_file):
    command = [sys.executable, TOOL, 'nasbench201', OPTIMUM, '--table', str(data_file('nb201.parquet'))]
    printed = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout
    row = json.loads(printed)
    assert row['arch'] == OPTIMUM
    assert row['index'] == 6111
    assert (round(row['cifar10_valid'], 2), round(row['cifar10_test'], 2)) == (91.61, 94.37)
    assert row['params_cifar10'] == 73306 + 28000 + 4 * 243040


def test_the_optima_and_the_collapsed_cell_are_printed(call, data_file):
    oracles = json.loads(data_file('oracles.json').read_text())['nasbench201']
    for column, best in oracles['optimum'].items():
        code, printed = call('nasbench201', best['arch'])
        assert code is None
        assert round(json.loads(printed)[column], 2) == best['value']
    row = json.loads(call('nasbench201', ALL_SKIP)[1])
    assert row['index'] == oracles['all_skip_index']
    assert {name: row[name] for name in oracles['all_skip']} == oracles['all_skip']


def test_a_data_set_and_a_metric_can_be_chosen(call, data_file):
    data_file('nb101_20k.parquet')
    row = json.loads(call('nasbench101', '00005c142e6f48ac74fdcf73e3439874', '--metric', 'params')[1])
    assert row['params'] == 8555530
    assert row['arch'] == '02001|100110100001001010101'
    assert 'valid_acc_108' not in row
    row = json.loads(call('nasbench201', OPTIMUM, '--dataset', 'cifar100', '--metric', 'test')[1])
    assert row == dict(index=6111, arch=OPTIMUM, cifar100_test=73.22)


MODULE = """
from mmnas_mae.benchmarks import Benchmark
from mmnas_mae.registry import BENCHMARKS


@BENCHMARKS.register_module()
def farm():
    return Benchmark(spaces=('nasbench201',), files=('farm.parquet',), headline=(('crops', 'top1'),))
"""


def test_a_table_of_an_imported_module_is_asked(call, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(BENCHMARKS, '_module_dict', dict(BENCHMARKS.module_dict))
    (tmp_path / 'a_farm.py').write_text(MODULE)
    columns = {'arch': [ALL_SKIP, OPTIMUM], 'crops.top1': [0.25, None], 'crops.seconds': [3, 4]}
    pq.write_table(pa.table(columns), tmp_path / 'farm.parquet')
    asked = ('--table', tmp_path, '--import', 'a_farm')
    row = {'arch': ALL_SKIP, 'crops.top1': 0.25, 'crops.seconds': 3}
    assert json.loads(call('farm', ALL_SKIP, *asked)[1]) == row
    assert json.loads(call('farm', OPTIMUM, '--metric', 'top1', *asked)[1]) == {'arch': OPTIMUM, 'crops.top1': None}
    assert re.match('error: .*no_such_farm', call('farm', OPTIMUM, '--import', 'no_such_farm')[0])


def test_errors_are_one_line_that_says_what_exists(call, data_file, tmp_path):
    data_file('nb201.parquet')
    for arguments, words in (
        (('nasbench201', 'x'), 'its table has 15,625, such as'),
        (('nasbench201', OPTIMUM, '--dataset', 'mnist'), 'there are: cifar10, cifar100, imagenet16'),
        (('nasbench201', OPTIMUM, '--metric', 'top1'), 'there are: params, flops_m, valid, test'),
        (('nasbench201', OPTIMUM, '--table', tmp_path), f'nb201.parquet or .* in {tmp_path}; set MMNAS_DATA'),
        (('imagenet', OPTIMUM), 'there are: nasbench101, nasbench201, transnas101'),
    ):
        message, printed = call(*arguments)
        assert printed == ''
        assert re.match(f'error: .*{words}', message)
        assert '\n' not in message
