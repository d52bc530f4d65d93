"""Samples of tables, what is known of their architectures, and yardsticks of their losses."""

import itertools

import numpy as np
import pytest

from mmnas_mae.apis import build_network
from mmnas_mae.benchmarks.load import load_table
from mmnas_mae.scores.scores import count_params, sample_architectures
from mmnas_mae.scores.scores_file import read_scores, write_scores
from mmnas_mae.spaces import get_space, unique_key


@pytest.fixture(scope='module')
def table(data_file):
    return load_table('nasbench201', data_file('nb201.parquet'))


def test_a_larger_sample_adds_to_a_smaller_one(table):
    large = sample_architectures(table, 200, seed=4)
    assert sample_architectures(table, 50, seed=4) == large[:50]
    assert sample_architectures(table, 50, seed=5) != large[:50]
    assert len({table.text(genotype) for genotype in large}) == 200
    connected = sample_architectures(table, 150, seed=4, connected_only=True)
    assert connected[:100] == [g for g in large if table.spaces[0].is_connected(g)][:100]


def test_connected_cells_are_those_that_compute_something(table):
    archs = list(itertools.islice(table.archs(), 0, None, 7))
    connected = [table.spaces[0].is_connected(table.genotype(arch)) for arch in archs]
    assert connected == [unique_key(arch) != '' for arch in archs]
    truth = {arch: table.query(arch, 'cifar10', 'test') for arch in archs}
    assert {truth[arch] for arch, holds in zip(archs, connected) if not holds} == {10.0}
    micro = get_space('transnas101_micro')
    texts = ('64-41414-1_02_333', '64-41414-0_02_100', '64-41414-0_02_002', '64-41414-0_00_001')
    assert [micro.is_connected(micro.parse(text)) for text in texts] == [True, True, False, False]


def test_parameters_come_from_the_table_or_the_network(table, data_file):
    best = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'
    assert count_params(table.genotype(best), table) == 73306 + 28000 + 4 * 243040
    micro = load_table('transnas101_micro', data_file('transnas101.parquet'))
    genotype = micro.genotype('64-41414-1_02_333')
    network = build_network('transnas101', '64-41414-1_02_333')
    assert count_params(genotype, micro) == sum(parameter.numel() for parameter in network.parameters())


def test_a_file_gives_back_what_was_written(tmp_path):
    columns = dict(
        arch=['a', 'b'],
        score=[-0.5, -np.inf],
        seconds=[1.0, 2.0],
        cpu_seconds=[1.0, 2.0],
        params=[3, 4],
        connected=[True, False],
        acc=[90.0, np.nan],
    )
    file = tmp_path / 'folder' / 'scores.parquet'
    write_scores(file, columns, dict(complete=False, seed=3))
    scores = read_scores(file)
    assert scores.meta == dict(complete=False, seed=3)
    for name, values in columns.items():
        np.testing.assert_array_equal(scores.columns[name], values)
    assert scores.truths == ['acc']


def test_other_files_are_refused(tmp_path, data_file, table):
    with pytest.raises(FileNotFoundError, match='scores .*none.parquet. do not exist'):
        read_scores(tmp_path / 'none.parquet')
    with pytest.raises(
        ValueError, match="is no file of tools/analysis/score_architectures.py: it has no column 'score'"
    ):
        read_scores(data_file('nb201.parquet'))
    with pytest.raises(ValueError, match='between 1 and the 15625 architectures of nasbench201, got 20000'):
        sample_architectures(table, 20000)
    both = load_table('transnas101', data_file('transnas101.parquet'))
    with pytest.raises(ValueError, match='transnas101 has transnas101_micro, transnas101_macro: name one'):
        sample_architectures(both, 2)
