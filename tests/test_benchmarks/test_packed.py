"""The table of NAS-Bench-201 that comes with the package says what the full one says."""

import numpy as np
import pytest

from mmnas_mae.benchmarks import find_table, get_benchmark, load_table
from mmnas_mae.benchmarks.nasbench201 import PACKED, pack

PATH = get_benchmark('nasbench201').packed


@pytest.fixture(scope='module')
def packed():
    return load_table('nasbench201', PATH)


def test_every_value_is_that_of_the_full_table(packed, data_file):
    full = load_table('nasbench201', data_file('nb201.parquet'))
    entries = [full.find(arch) for arch in packed.archs()]
    assert sorted(entries) == list(range(15625))
    for dataset, metric in PACKED:
        difference = np.abs(packed.values(dataset, metric) - full.values(dataset, metric)[entries])
        assert difference.max() <= 0.005 + 1e-9, (dataset, metric)
    assert packed.values('cifar10', 'params').tolist() == full.values('cifar10', 'params')[entries].tolist()
    np.testing.assert_allclose(packed.values('cifar10', 'flops_m'), full.values('cifar10', 'flops_m')[entries])


def test_it_is_made_of_the_full_table(data_file, tmp_path):
    pack(load_table('nasbench201', data_file('nb201.parquet')), tmp_path / 'again.npz')
    with np.load(PATH) as shipped, np.load(tmp_path / 'again.npz') as made:
        assert set(shipped) == set(made)
        assert all((shipped[name] == made[name]).all() for name in shipped)


def test_it_is_small_and_complete(packed):
    assert PATH.stat().st_size < 200_000
    assert len(packed) == 15625
    skips = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'
    assert packed.headline_values(skips) == {
        'cifar10_valid': 39.77,
        'cifar10_test': 54.3,
        'cifar100_valid': 15.03,
        'cifar100_test': 15.61,
        'imagenet16_valid': 16.43,
        'imagenet16_test': 16.32,
    }
    assert packed.params(skips) == 73306
    assert packed.values('cifar10', 'test').max() == 94.37
    convs = skips.replace('skip_connect', 'nor_conv_3x3')
    assert packed.query(convs, 'cifar10', 'test') == 93.76


def test_it_serves_where_no_other_table_is_found(monkeypatch, tmp_path):
    monkeypatch.delenv('MMNAS_DATA')
    assert find_table('nasbench201') == PATH
    monkeypatch.setenv('MMNAS_DATA', str(tmp_path))
    assert find_table('nasbench201') == PATH
    with pytest.raises(FileNotFoundError, match='the table of nasbench101 was not found'):
        find_table('nasbench101')
    # Who names a folder means that folder.
    with pytest.raises(FileNotFoundError, match='no nb201.parquet or .* in'):
        find_table('nasbench201', tmp_path)


def test_another_file_is_refused(tmp_path):
    np.savez(tmp_path / 'other.npz', cifar10=np.zeros(3))
    with pytest.raises(ValueError, match='other.npz is no table of nasbench201'):
        load_table('nasbench201', tmp_path / 'other.npz')
