"""The compact tables behind one interface, over whole tables."""

import json
import random

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import kendalltau

from mmnas_mae.benchmarks import find_table, load_table, query
from mmnas_mae.spaces import ModelSpec, get_space, load_genotype, unique_key

OPTIMUM = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'
ALL_SKIP = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'


@pytest.fixture(scope='module')
def oracles(data_file):
    return json.loads(data_file('oracles.json').read_text())


@pytest.fixture(scope='module')
def nb201(data_file):
    return load_table('nasbench201', data_file('nb201.parquet'))


@pytest.fixture(scope='module')
def nb101(data_file):
    return load_table('nasbench101', data_file('nb101_20k.parquet'))


@pytest.fixture(scope='module')
def rows(data_file):
    return {name: pq.read_table(data_file(name)).to_pylist() for name in ('nb201.parquet', 'nb101_20k.parquet')}


def test_optima_are_found_where_the_benchmark_has_them(nb201, oracles):
    assert len(nb201) == oracles['nasbench201']['n_archs'] == 15625
    archs = list(nb201.archs())
    for name, best in oracles['nasbench201']['optimum'].items():
        dataset, metric = name.split('_')
        values = nb201.values(dataset, metric)
        assert int(values.argmax()) == best['index']
        assert round(float(values.max()), 2) == best['value']
        assert archs[best['index']] == best['arch']
        assert nb201.query(best['arch'], dataset, metric) == values.max()


def test_the_collapsed_row(nb201, oracles):
    row = nb201.row(ALL_SKIP)
    assert row['index'] == oracles['nasbench201']['all_skip_index']
    assert row['params_cifar10'] == 73306
    for column, value in oracles['nasbench201']['all_skip'].items():
        assert row[column] == value


def test_every_row_of_nasbench201_is_its_own(nb201, rows):
    for row in rows['nb201.parquet']:
        assert nb201.query(row['arch'], 'cifar10', 'test') == row['cifar10_test']
        assert nb201.query(row['arch'], 'imagenet16', 'valid') == row['imagenet16_valid']
    assert nb201.row(row['arch']) == {name: value for name, value in row.items() if name != 'ops'}


def test_rank_correlations_of_the_table(nb201):
    accuracy = nb201.values('cifar10', 'test')
    assert round(kendalltau(nb201.values('cifar10', 'params'), accuracy).statistic, 3) == 0.578
    assert round(kendalltau(nb201.values('cifar10', 'test_12ep'), accuracy).statistic, 3) == 0.700


def test_every_form_of_an_architecture_finds_the_same_entry(nb201, tmp_path):
    genotype = load_genotype(OPTIMUM)
    genotype.save(tmp_path / 'genotype.json')
    swapped = OPTIMUM.replace('|nor_conv_3x3~0|nor_conv_3x3~1|', '|nor_conv_3x3~1|nor_conv_3x3~0|')
    forms = [OPTIMUM, f' {OPTIMUM}\n', swapped, genotype, genotype.to_dict()]
    forms += [tmp_path / 'genotype.json', str(tmp_path / 'genotype.json')]
    assert [nb201.find(form) for form in forms] == [6111] * 7
    assert nb201.query(tmp_path / 'genotype.json', 'cifar10', 'test') == 94.3733


@pytest.fixture(scope='module')
def isomorphic(nb201):
    """Classes of cells that compute the same function, each in the order of the table."""
    classes = {}
    for arch in nb201.archs():
        classes.setdefault(unique_key(arch), []).append(arch)
    return classes


def test_merged_isomorphic_cells_share_an_entry(data_file, nb201, isomorphic, oracles):
    merged = load_table('nasbench201', data_file('nb201.parquet'), merge_isomorphic=True)
    entries = {key: {merged.find(arch) for arch in archs} for key, archs in isomorphic.items()}
    assert all(len(found) == 1 for found in entries.values())
    assert len(set.union(*entries.values())) == len(isomorphic) == 4930
    for name, best in oracles['nasbench201']['optimum'].items():
        assert round(merged.query(best['arch'], *name.split('_')), 2) == best['value']
    assert merged.query(ALL_SKIP, 'cifar10', 'test') == oracles['nasbench201']['all_skip']['cifar10_test']


def test_a_cell_that_the_table_lacks_takes_the_entry_of_an_isomorphic_one(data_file, nb201, isomorphic, tmp_path):
    whole = pq.read_table(data_file('nb201.parquet'))
    firsts = sorted(nb201.find(archs[0]) for archs in isomorphic.values())
    pq.write_table(whole.take(firsts), tmp_path / 'nb201.parquet')
    part = load_table('nasbench201', tmp_path)
    assert len(part) == 4930
    chosen = random.Random(0).sample([archs for archs in isomorphic.values() if len(archs) > 1], 200)
    for first, *others in chosen:
        value = nb201.query(first, 'cifar100', 'valid')
        assert {part.query(arch, 'cifar100', 'valid') for arch in others} == {value}


def test_every_cell_of_nasbench101_is_found_by_hash_text_and_matrix(nb101, rows):
    assert len(nb101) == 20000
    space = get_space('nasbench101')
    for i, row in enumerate(rows['nb101_20k.parquet']):
        assert nb101.find(row['hash']) == i
        if i % 20 == 0:
            text = f'{row["ops"]}|{row["matrix_upper"]}'
            assert nb101.find(text) == i
            spec = space.spec(text)
            genotype = load_genotype(text, space)
            cell = dict(matrix=spec.matrix, ops=spec.ops)
            assert nb101.find(cell) == nb101.find(spec) == nb101.find(genotype) == nb101.find(genotype.to_dict()) == i
            assert nb101.query(cell, 'cifar10', 'valid_acc_108') == row['valid_acc_108']
            assert nb101.row(text)['params'] == row['params']


def test_isomorphic_cells_of_nasbench101_have_one_entry(nb101, oracles):
    example = oracles['nasbench101']['example']
    row = nb101.row(example['hash'])
    assert row['params'] == example['params']
    assert row['valid_acc_108'] == pytest.approx(example['valid_acc_108_runs'][2], abs=1e-6)
    matrix, ops = np.array(example['matrix']), example['ops']
    generator = random.Random(0)
    orders = 0
    for _ in range(300):
        order = [0, *generator.sample(range(1, 6), 5), 6]
        permuted = matrix[np.ix_(order, order)]
        if np.triu(permuted, 1).sum() == matrix.sum():
            orders += order != list(range(7))
            assert nb101.find(dict(matrix=permuted.tolist(), ops=[ops[v] for v in order])) == nb101.find(
                example['hash']
            )
    assert orders > 3
    # A dangling vertex computes nothing.
    small = ModelSpec([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ['input', 'conv3x3-bn-relu', 'output'])
    dangling = ModelSpec(
        [[0, 1, 1, 0], [0, 0, 0, 1], [0, 0, 0, 0], [0, 0, 0, 0]],
        ['input', 'conv3x3-bn-relu', 'maxpool3x3', 'output'],
    )
    assert nb101.find(dangling) == nb101.find(small)


@pytest.mark.parametrize('part, count', [('micro', 4096), ('macro', 3256)])
def test_transnas_optima(data_file, oracles, part, count):
    table = load_table(f'transnas101_{part}', data_file('transnas101.parquet'))
    both = load_table('transnas101', data_file('transnas101.parquet'))
    assert len(table) == count
    assert len(both) == 7352
    for task, best in oracles['transnas101'][f'{part}_best_valid'].items():
        (pair,) = [pair for pair in table.headline if pair[0] == task.split('_mIoU')[0]]
        values = table.values(*pair)
        assert float(values.max()) == pytest.approx(best, abs=0.5 * 10 ** -len(str(best).split('.')[1]))
        arch = list(table.archs())[int(values.argmax())]
        assert table.query(arch, *pair) == both.query(arch, *pair) == values.max()
        assert table.query(get_space(f'transnas101_{part}').parse(arch), *pair) == values.max()


def test_what_is_unknown_is_answered_by_what_exists(nb201, nb101):
    with pytest.raises(
        ValueError, match=r"^nasbench201 has no data set 'mnist'; there are: cifar10, cifar100, imagenet16$"
    ):
        nb201.query(OPTIMUM, 'mnist', 'test')
    with pytest.raises(
        ValueError, match=r"no metric 'top1' of cifar100; there are: valid, test, train, valid_12ep, test_"
    ):
        nb201.query(OPTIMUM, 'cifar100', 'top1')
    with pytest.raises(ValueError, match=r"no architecture 'nothing' .*15,625, such as '\|avg_pool_3x3~0"):
        nb201.query('nothing', 'cifar10', 'test')
    with pytest.raises(ValueError, match=r"edge 0->1 cannot be 'max_pool_3x3'; it may be .*'avg_pool_3x3'.*15,625"):
        nb201.row(OPTIMUM.replace('|nor_conv_3x3~0|+', '|max_pool_3x3~0|+'))
    with pytest.raises(ValueError, match=r'the table holds only a part of the space.*20,000, such as .02001'):
        nb101.query('0' * 32, 'cifar10', 'params')
    with pytest.raises(ValueError, match=r'no path leads from input to output.*20,000'):
        nb101.query(dict(matrix=[[0, 0], [0, 0]], ops=['input', 'output']), 'cifar10', 'params')
    for error in (lambda: nb201.query('x' * 500, 'cifar10', 'test'), lambda: nb101.query('x', 'cifar10', 'params')):
        with pytest.raises(ValueError, match='no architecture') as caught:
            error()
        assert '\n' not in str(caught.value)
        assert len(str(caught.value)) < 500


def test_an_architecture_of_another_space_is_refused(data_file, nb201):
    table = load_table('transnas101', data_file('transnas101.parquet'))
    with pytest.raises(ValueError, match="transnas101 has no architecture .*belongs to the space 'nasbench201'"):
        table.query(OPTIMUM, 'jigsaw', 'valid_top1')
    with pytest.raises(ValueError, match='nasbench201 has no architecture'):
        nb201.query('64-41414-1_02_333', 'cifar10', 'test')


def test_tables_are_found_by_folder_file_and_variable(data_file, tmp_path, monkeypatch):
    file = data_file('nb201.parquet')
    assert find_table('nasbench201', file) == find_table('nasbench201', file.parent) == file
    monkeypatch.setenv('MMNAS_DATA', str(file.parent))
    assert find_table('NAS-Bench-201') == file
    assert query('nasbench201', OPTIMUM, 'cifar10', 'test') == 94.3733
    monkeypatch.setenv('MMNAS_DATA', str(tmp_path))
    wanted = f'nasbench101.*nb101_20k.parquet.*in {tmp_path}; set MMNAS_DATA'
    with pytest.raises(FileNotFoundError, match=wanted) as caught:
        load_table('nasbench101')
    assert '\n' not in str(caught.value)
    monkeypatch.delenv('MMNAS_DATA')
    with pytest.raises(FileNotFoundError, match='no nb101_20k.parquet or .* in MMNAS_DATA, which is not set; set'):
        find_table('nasbench101')


def test_files_that_are_no_tables_are_refused(data_file, tmp_path):
    with pytest.raises(ValueError, match='unknown benchmark .*nasbench101, nasbench201, transnas101'):
        load_table('imagenet')
    with pytest.raises(ValueError, match="nb201.parquet is no table of nasbench101: it has no column 'hash'"):
        load_table('nasbench101', data_file('nb201.parquet'))
    (tmp_path / 'nb201.parquet').write_bytes(b'not parquet')
    with pytest.raises(ValueError, match='nb201.parquet cannot be read as Parquet'):
        load_table('nasbench201', tmp_path)
    (tmp_path / 'table.csv').touch()
    with pytest.raises(ValueError, match='table.csv is no table of nasbench201; a table is one of: nb201.parquet'):
        load_table('nasbench201', tmp_path / 'table.csv')
