"""The official files, through stand-ins that have the methods and signatures of the authors' packages.

They hold numbers of the compact tables, so what the readers give must be those again.
"""

import random
import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

from mmnas_mae.benchmarks import load_table

#: Indices of the architectures that the stand-ins have results for.
KEPT = (0, 11, 1835, 6111)


class Results:
    """``ArchResults`` of nats_bench.api_utils and nas_201_api.api_utils."""

    def __init__(self, row, suffix):
        self.row, self.suffix = row, suffix

    def get_compute_costs(self, dataset):
        extra = {'cifar10': 0, 'cifar100': 5850, 'ImageNet16-120': 7150}[dataset]
        return dict(flops=self.row['flops_m_cifar10'], params=(self.row['params_cifar10'] + extra) / 1e6, latency=None)

    def get_metrics(self, dataset, setname, iepoch=None, is_random=False):
        assert is_random is False  # the mean over the trials, not one of them
        column = {
            ('cifar10-valid', 'x-valid'): 'cifar10_valid',
            ('cifar10-valid', 'ori-test'): 'cifar10_test_trainonly',
            ('cifar10-valid', 'train'): 'cifar10_train',
            ('cifar10', 'ori-test'): 'cifar10_test',
            ('cifar100', 'x-valid'): 'cifar100_valid',
            ('cifar100', 'x-test'): 'cifar100_test',
            ('cifar100', 'train'): 'cifar100_train',
            ('ImageNet16-120', 'x-valid'): 'imagenet16_valid',
            ('ImageNet16-120', 'x-test'): 'imagenet16_test',
            ('ImageNet16-120', 'train'): 'imagenet16_train',
        }[dataset, setname]
        return dict(iepoch=iepoch, loss=0.0, accuracy=np.float64(self.row[column + self.suffix]))


class API:
    """``NATStopology`` of nats_bench and ``NASBench201API`` of nas_201_api."""

    def __init__(self, table):
        self.meta_archs = list(table.archs())
        self.infos = {i: table.row(self.meta_archs[i]) for i in KEPT}

    def query_index_by_arch(self, arch):
        return self.meta_archs.index(arch) if arch in self.meta_archs else -1

    def query_meta_info_by_index(self, arch_index, hp='12'):
        assert arch_index in self.infos, f'invalid data path : {arch_index}'
        return Results(self.infos[arch_index], {'12': '_12ep', '200': ''}[hp])


@pytest.fixture(scope='module')
def compact(data_file):
    return load_table('nasbench201', data_file('nb201.parquet'))


@pytest.fixture
def opened(compact, monkeypatch):
    """Installs stand-ins for both packages; records how they are called."""
    calls = []

    def create(file_path_or_dict, search_space, fast_mode=False, verbose=True):
        calls.append((file_path_or_dict, search_space, fast_mode, verbose))
        return API(compact)

    def nas_bench_201(file_path_or_dict=None, verbose=True):
        calls.append((file_path_or_dict, verbose))
        return API(compact)

    nats, nas201 = ModuleType('nats_bench'), ModuleType('nas_201_api')
    nats.create, nas201.NASBench201API = create, nas_bench_201
    monkeypatch.setitem(sys.modules, 'nats_bench', nats)
    monkeypatch.setitem(sys.modules, 'nas_201_api', nas201)
    return calls


@pytest.mark.parametrize('name', ['NATS-tss-v1_0-3ffb9-simple', 'x.pickle.pbz2', 'NAS-Bench-201-v1_1-096897.pth'])
def test_official_values_have_the_names_of_the_compact_table(compact, opened, tmp_path, name):
    path = tmp_path / name
    if path.suffix:
        path.touch()
    else:
        path.mkdir()
        (path / 'meta.pickle.pbz2').touch()
    table = load_table('nasbench201', path)
    arguments = {'.pth': (str(path), False), '.pbz2': (str(path), 'tss', False, False)}
    assert opened == [arguments.get(path.suffix, (str(path), 'tss', True, False))]
    assert len(table) == 15625
    archs = list(table.archs())
    for index in KEPT:
        expected, row = compact.row(archs[index]), table.row(archs[index])
        shared = set(expected) & set(row)
        assert len(shared) == len(expected) - 2  # all but the two means of NATS-Bench
        for column in shared - {'cifar10_test_trainonly'}:
            assert row[column] == expected[column], column
        assert table.query(archs[index], 'cifar100', 'params') == expected['params_cifar10'] + 5850
    assert table.headline == compact.headline
    with pytest.raises(ValueError, match=r'the files of nasbench201 lack the results of .*invalid data path : 9930'):
        table.query(archs[9930], 'cifar10', 'test')


def test_a_folder_with_official_files_only_is_searched_for_them(opened, tmp_path):
    (tmp_path / 'NAS-Bench-201-v1_1-096897.pth').touch()
    load_table('nasbench201', tmp_path)
    assert opened == [(str(tmp_path / 'NAS-Bench-201-v1_1-096897.pth'), False)]


def test_a_trial_that_was_not_run_is_not_a_number(opened, compact, tmp_path):
    (tmp_path / 'a.pth').touch()
    table = load_table('nasbench201', tmp_path / 'a.pth')
    # The stand-in has no accuracy on the test images after 12 epochs on the training half.
    assert 'cifar10_test_trainonly_12ep' not in table.columns.values()
    table._api.infos[0] = {k: v for k, v in table._api.infos[0].items() if k != 'imagenet16_test_12ep'}
    arch = next(table.archs())
    assert np.isnan(table.query(arch, 'imagenet16', 'test_12ep'))
    assert table.query(arch, 'imagenet16', 'valid_12ep') == compact.query(arch, 'imagenet16', 'valid_12ep')


def test_a_missing_package_is_named_with_the_extra(tmp_path, monkeypatch):
    for name in ('nats_bench', 'nas_201_api', 'nasbench', 'nasbench.api'):
        monkeypatch.setitem(sys.modules, name, None)
    for benchmark, file, words in (
        ('nasbench201', 'a.pth', r'package nas_201_api.*pip install nas-bench-201'),
        ('nasbench201', 'a.pickle.pbz2', r'package nats_bench.*pip install nats-bench'),
        ('nasbench101', 'a.tfrecord', r'package nasbench.*github.com/google-research/nasbench.*TensorFlow 1'),
    ):
        (tmp_path / file).touch()
        with pytest.raises(ModuleNotFoundError, match=words) as caught:
            load_table(benchmark, tmp_path / file)
        assert '\n' not in str(caught.value)


def test_a_file_that_its_package_refuses_is_named(tmp_path, monkeypatch):
    def create(*arguments, **keywords):
        raise EOFError('Compressed file ended\nbefore the end')

    monkeypatch.setitem(sys.modules, 'nats_bench', SimpleNamespace(create=create))
    (tmp_path / 'a.pickle.pbz2').touch()
    with pytest.raises(
        ValueError, match='a.pickle.pbz2 cannot be read: EOFError: Compressed file ended before the end'
    ):
        load_table('nasbench201', tmp_path / 'a.pickle.pbz2')


class NASBench:
    """``nasbench.api.NASBench``: three trials of each of some cells."""

    def __init__(self, table):
        self.valid_epochs = {4, 108}
        self.fixed, self.computed = {}, {}
        for text in list(table.archs())[:50]:
            row, spec = table.row(text), table.spaces[0].spec(text)
            matrix = np.array(spec.matrix, dtype=np.int8)
            self.fixed[row['hash']] = dict(
                module_adjacency=matrix, module_operations=list(spec.ops), trainable_parameters=row['params']
            )
            self.computed[row['hash']] = {
                epochs: [self._trial(row[f'valid_acc_{epochs}'] + shift) for shift in (-0.01, 0.0, 0.01)]
                for epochs in self.valid_epochs
            }

    @staticmethod
    def _trial(accuracy):
        return dict(
            final_training_time=100 * accuracy,
            final_train_accuracy=accuracy,
            final_validation_accuracy=accuracy,
            final_test_accuracy=accuracy - 0.005,
        )

    def hash_iterator(self):
        return self.fixed.keys()

    def get_metrics_from_hash(self, module_hash):
        return self.fixed[module_hash], self.computed[module_hash]


def test_nasbench101_by_hash_over_its_trials(data_file, tmp_path, monkeypatch):
    compact = load_table('nasbench101', data_file('nb101_20k.parquet'))
    api = SimpleNamespace(NASBench=lambda dataset_file, seed=None: NASBench(compact))
    monkeypatch.setitem(sys.modules, 'nasbench', SimpleNamespace(api=api))
    monkeypatch.setitem(sys.modules, 'nasbench.api', api)
    (tmp_path / 'nasbench_only108.tfrecord').touch()
    table = load_table('nasbench101', tmp_path)
    archs = list(table.archs())
    assert archs == list(compact.archs())[:50]
    assert len(table) == 50
    for text in random.Random(0).sample(archs, 10):
        row = table.row(text)
        assert row['hash'] == compact.row(text)['hash']
        assert table.query(row['hash'], 'cifar10', 'params') == compact.query(text, 'cifar10', 'params')
        for metric in ('valid_acc_4', 'valid_acc_108'):
            assert row[metric] == pytest.approx(compact.query(text, 'cifar10', metric))
        assert row['test_acc_108'] == pytest.approx(row['valid_acc_108'] - 0.005)
        assert row['train_seconds_4'] == pytest.approx(100 * row['valid_acc_4'])
    assert table.headline == (('cifar10', 'valid_acc_108'), ('cifar10', 'test_acc_108'))
    with pytest.raises(
        ValueError, match="no metric 'valid_acc_36' of cifar10; there are: params, valid_acc_4, test_acc_4"
    ):
        table.query(archs[0], 'cifar10', 'valid_acc_36')
    assert table.find(list(compact.archs())[60]) is None
