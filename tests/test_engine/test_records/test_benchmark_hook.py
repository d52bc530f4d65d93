"""The hook that looks up the current genotype, on a runner that only records."""

import json
import logging
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest

from mmnas_mae.engine import BenchmarkHook
from mmnas_mae.registry import HOOKS
from mmnas_mae.spaces import get_space

OPTIMUM = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'
ALL_SKIP = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'


class Recorder:
    """A runner as the hook sees it."""

    def __init__(self, work_dir, space, arch=OPTIMUM):
        self.work_dir, self.epoch, self.scalars = str(work_dir), 0, []
        self.space = get_space(space)
        self.set(arch)
        self.visualizer = SimpleNamespace(add_scalars=lambda values, step: self.scalars.append((step, values)))
        self.logger = logging.getLogger('test_benchmark_hook')
        self.logger.setLevel(logging.INFO)

    def set(self, arch):
        genotype = self.space.parse(arch)
        self.model = SimpleNamespace(arch=SimpleNamespace(space=self.space), genotype=lambda: genotype)


def _lines(work_dir):
    return [json.loads(line) for line in (work_dir / 'benchmark_history.jsonl').read_text().splitlines()]


def test_the_known_accuracy_is_logged_every_epoch(data_file, tmp_path, caplog):
    hook = HOOKS.build(dict(type='mmnas_mae.BenchmarkHook', benchmark='nasbench201', table=data_file('nb201.parquet')))
    runner = Recorder(tmp_path, 'nasbench201')
    hook.before_train(runner)
    with caplog.at_level(logging.INFO):
        hook.after_train_epoch(runner)
        runner.epoch = 1
        runner.set(ALL_SKIP)
        hook.after_train_epoch(runner)
    (first, optimum), (second, collapsed) = runner.scalars
    assert (first, second) == (1, 2)
    names = [f'benchmark/{d}_{m}' for d in ('cifar10', 'cifar100', 'imagenet16') for m in ('valid', 'test')]
    assert list(optimum) == names
    assert list(optimum.values()) == [91.6067, 94.3733, 72.7467, 73.22, 45.5556, 46.7111]
    assert list(collapsed.values()) == [39.7693, 54.2967, 15.0333, 15.6067, 16.4333, 16.3222]
    assert 'epoch 1: nasbench201 cifar10_valid 91.61, cifar10_test 94.37' in caplog.text
    lines = _lines(tmp_path)
    assert [line['epoch'] for line in lines] == [1, 2]
    assert [line['arch'] for line in lines] == [OPTIMUM, ALL_SKIP]
    assert lines[0]['values']['cifar10_test'] == 94.3733
    assert lines[0]['units'] == {name.partition('/')[2]: 'per cent' for name in names}


def test_a_resumed_run_rewrites_its_own_epochs_only(data_file, tmp_path):
    hook = BenchmarkHook('nasbench201', data_file('nb201.parquet'))
    runner = Recorder(tmp_path, 'nasbench201')
    hook.before_train(runner)
    for runner.epoch in range(3):
        hook.after_train_epoch(runner)
    runner.epoch = 2
    hook.before_train(runner)
    assert [line['epoch'] for line in _lines(tmp_path)] == [1, 2]
    hook.after_train_epoch(runner)
    assert [line['epoch'] for line in _lines(tmp_path)] == [1, 2, 3]
    runner.epoch = 0
    hook.before_train(runner)
    assert _lines(tmp_path) == []


def test_only_what_was_asked_for_is_reported(data_file, tmp_path):
    file = data_file('nb201.parquet')
    assert BenchmarkHook('nasbench201', file, datasets=['cifar100']).pairs == (
        ('cifar100', 'valid'),
        ('cifar100', 'test'),
    )
    chosen = BenchmarkHook('nasbench201', file, ['cifar10', 'cifar100'], ['test_12ep', 'params']).pairs
    assert chosen == (('cifar10', 'params'), ('cifar10', 'test_12ep'), ('cifar100', 'test_12ep'))
    with pytest.raises(ValueError, match="no data set 'svhn'; there are: cifar10, cifar100, imagenet16"):
        BenchmarkHook('nasbench201', file, datasets=['svhn'])
    with pytest.raises(ValueError, match="no metric 'params' of cifar100; there are: valid"):
        BenchmarkHook('nasbench201', file, ['cifar100'], ['params'])
    with pytest.raises(ValueError, match='BenchmarkHook.metrics must be a list of names'):
        BenchmarkHook('nasbench201', file, metrics='test')
    with pytest.raises(FileNotFoundError, match='table of nasbench201 .*MMNAS_DATA'):
        BenchmarkHook('nasbench201', tmp_path / 'absent')


def test_a_table_of_another_space_is_refused_before_training(data_file, tmp_path):
    hook = BenchmarkHook('transnas101', data_file('transnas101.parquet'))
    with pytest.raises(
        ValueError, match='knows transnas101_micro and transnas101_macro, the model searches nasbench201'
    ):
        hook.before_train(Recorder(tmp_path, 'nasbench201'))


def test_an_architecture_that_the_table_lacks_is_recorded_as_unknown(data_file, tmp_path, caplog):
    rows = pq.read_table(data_file('nb101_20k.parquet'))
    pq.write_table(rows.slice(0, 100), tmp_path / 'nb101_20k.parquet')
    known, unknown = (f'{row["ops"]}|{row["matrix_upper"]}' for row in rows.take([7, 700]).to_pylist())
    hook = BenchmarkHook('nasbench101', tmp_path)
    runner = Recorder(tmp_path, 'nasbench101', known)
    hook.before_train(runner)
    with caplog.at_level(logging.INFO):
        hook.after_train_epoch(runner)
        runner.epoch = 1
        runner.set(unknown)
        hook.after_train_epoch(runner)
    assert [line['values'] for line in _lines(tmp_path)] == [
        {'cifar10_valid_acc_108': rows.column('valid_acc_108')[7].as_py()},
        None,
    ]
    assert len(runner.scalars) == 1
    assert f'epoch 2: the table of nasbench101 lacks {unknown}' in caplog.text
    assert f'epoch 1: nasbench101 cifar10_valid_acc_108 {rows.column("valid_acc_108")[7].as_py():.4f} (share of 1)' in (
        caplog.text
    )


def test_a_table_of_another_package_is_looked_up_in_its_own_units(field_table, tmp_path, caplog):
    hook = BenchmarkHook('field', field_table)
    runner = Recorder(tmp_path, 'nasbench201', ALL_SKIP)
    hook.before_train(runner)
    with caplog.at_level(logging.INFO):
        hook.after_train_epoch(runner)
        runner.epoch = 1
        runner.set(ALL_SKIP.replace('skip_connect', 'nor_conv_3x3'))
        hook.after_train_epoch(runner)
    assert 'epoch 1: field crops_top1 0.5000 (share of 1), soil_error 0.000 (metres);' in caplog.text
    first, second = _lines(tmp_path)
    assert first['values'] == dict(crops_top1=0.5, soil_error=0.0)
    assert first['units'] == dict(crops_top1='share of 1', soil_error='metres')
    # Null in the file: left out, not written as NaN.
    assert second['values'] == dict(soil_error=63000.0)
    assert second['units'] == dict(soil_error='metres')
