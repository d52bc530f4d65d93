"""NAS-Bench-201 as data, over its whole table."""

import random
from collections import Counter, defaultdict

import numpy as np
import pyarrow.parquet as pq
import pytest

from mmnas_mae.spaces import NASBENCH201_OPS, get_space, load_genotype, unique_key

OPTIMUM = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'


@pytest.fixture(scope='module')
def table(data_file):
    return pq.read_table(data_file('nb201.parquet'), columns=['arch', 'params_cifar10']).to_pydict()


@pytest.fixture(scope='module')
def genotypes(table):
    space = get_space('nasbench201')
    return [space.parse(arch) for arch in table['arch']]


def test_every_architecture_of_the_table_round_trips(table, genotypes):
    space = get_space('nasbench201')
    for arch, genotype in zip(table['arch'], genotypes):
        space.validate(genotype)
        assert space.format(genotype) == arch


def test_enumeration_is_the_table(table):
    space = get_space('nasbench201')
    members = [space.format(genotype) for genotype in space.enumerate()]
    assert len(members) == 15625
    assert set(members) == set(table['arch'])


def test_parameters_follow_from_the_operations(table, genotypes):
    for params, genotype in zip(table['params_cifar10'], genotypes):
        cell = genotype.cells['cell']
        assert params == 73306 + 28000 * cell.count('nor_conv_1x1') + 243040 * cell.count('nor_conv_3x3')


def test_text_is_recognised_and_names_its_space():
    genotype = load_genotype(OPTIMUM)
    assert genotype.space == 'nasbench201'
    assert genotype.cells['cell'].nodes == (
        (('nor_conv_3x3', 0),),
        (('nor_conv_3x3', 0), ('nor_conv_3x3', 1)),
        (('skip_connect', 0), ('nor_conv_3x3', 1), ('nor_conv_1x1', 2)),
    )


def test_order_of_the_edges_in_the_text_does_not_matter():
    swapped = OPTIMUM.replace('|nor_conv_3x3~0|nor_conv_3x3~1|', '|nor_conv_3x3~1|nor_conv_3x3~0|')
    assert swapped != OPTIMUM
    assert load_genotype(swapped) == load_genotype(OPTIMUM)


@pytest.mark.parametrize(
    'text, reason',
    [
        ('|none~0|+|none~0|none~1|', 'needs 3 nodes, got 2'),
        ('|none~0|+|none~0|+|none~0|none~1|none~2|', 'node 2 needs 2 edges, got 1'),
        ('|none~0|+|none~0|none~0|+|none~0|none~1|none~2|', 'two edges from one state'),
        ('|none~0|+|none~0|none~2|+|none~0|none~1|none~2|', r'node 2 cannot take state 2; it takes \[0, 1\]'),
        ('|sep_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|', "cannot be 'sep_conv_3x3'; it may be"),
        ('|none~0|none~0', 'reads .op~0.'),
        ('|none~zero|+|none~0|none~1|+|none~0|none~1|none~2|', 'reads .op~0.'),
    ],
)
def test_invalid_text_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        load_genotype(text)


def test_text_of_another_space_is_refused():
    with pytest.raises(ValueError, match=r"space darts_s0 has the cells \['normal', 'reduce'\]"):
        load_genotype(OPTIMUM, space='s0')


def test_mutation_changes_one_operation_of_a_uniform_node():
    space, generator = get_space('nasbench201'), random.Random(0)
    parent = space.parse(OPTIMUM)
    places, new_ops = Counter(), Counter()
    for _ in range(3000):
        child = space.mutate(parent, generator)
        space.validate(child)
        pairs = zip(parent.cells['cell'].nodes, child.cells['cell'].nodes)
        changed = [(i, new) for i, (old, node) in enumerate(pairs) for new, was in zip(node, old) if new != was]
        ((node, (op, source)),) = changed
        places[node] += 1
        if (node, source) == (0, 0):
            new_ops[op] += 1
    # The draw of the benchmark's own evolution: each node a third, though node 3 has three edges.
    assert all(abs(places[node] - 1000) < 100 for node in range(3))
    assert set(new_ops) == set(NASBENCH201_OPS) - {'nor_conv_3x3'}
    assert all(abs(count - 250) < 60 for count in new_ops.values())


def _published_key(arch, zeros):
    """The string by which the benchmark itself finds isomorphic cells, read off its description."""
    names = ['0']
    for node in arch.split('+'):
        terms = []
        for edge in node.strip('|').split('|'):
            op, source = edge.split('~')
            read = names[int(source)]
            if zeros and (op == 'none' or read == '#'):
                terms.append('#')
            else:
                terms.append(read if op == 'skip_connect' else f'({read})@{op}')
        names.append('+'.join(sorted(terms)))
    return names[-1]


def test_unique_keys_join_the_classes_of_the_benchmark(table):
    classes = defaultdict(set)
    for arch in table['arch']:
        classes[_published_key(arch, zeros=True)].add(unique_key(arch))
    assert len(classes) == 6466
    assert len({_published_key(arch, zeros=False) for arch in table['arch']}) == 12751
    assert all(len(keys) == 1 for keys in classes.values())
    assert len(set.union(*classes.values())) == 4930


def test_unique_keys_are_equal_exactly_where_the_functions_are(table, genotypes):
    # Each operation is one fixed nonlinear function that maps zero to zero.
    rng = np.random.default_rng(0)
    maps = {op: rng.normal(size=(4, 4)) for op in NASBENCH201_OPS[2:]}
    x = rng.normal(size=4)
    values, keys = defaultdict(set), set()
    for genotype in genotypes:
        states = [x]
        for node in genotype.cells['cell'].nodes:
            terms = [
                s if op == 'skip_connect' else np.tanh(maps[op] @ s)
                for op, i in node
                if op != 'none'
                for s in [states[i]]
            ]
            states.append(sum(terms, np.zeros(4)))
        key = unique_key(genotype)
        keys.add(key)
        values[key].add(tuple(np.round(states[-1], 8) + 0.0))
    assert all(len(results) == 1 for results in values.values())
    assert len(set.union(*values.values())) == len(keys) == 4930


@pytest.mark.parametrize(
    'one, other',
    [
        # a node that nothing reads
        (
            '|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|',
            '|none~0|+|avg_pool_3x3~0|none~1|+|skip_connect~0|none~1|none~2|',
        ),
        # a skip connection in another place
        (
            '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_1x1~2|',
            '|skip_connect~0|+|none~0|nor_conv_3x3~1|+|none~0|none~1|nor_conv_1x1~2|',
        ),
        # a pooling of zeros
        (
            '|none~0|+|none~0|none~1|+|skip_connect~0|none~1|avg_pool_3x3~2|',
            '|none~0|+|none~0|none~1|+|skip_connect~0|none~1|none~2|',
        ),
    ],
)
def test_isomorphic_cells_share_a_key(one, other):
    assert one != other
    assert unique_key(one) == unique_key(load_genotype(other))


def test_unique_key_reads_like_the_function_and_refuses_others():
    assert unique_key('|none~0|+|none~0|none~1|+|none~0|none~1|none~2|') == ''
    assert unique_key('|nor_conv_1x1~0|+|none~0|none~1|+|skip_connect~0|nor_conv_3x3~1|none~2|') == (
        'nor_conv_3x3(nor_conv_1x1(x))+x'
    )
    with pytest.raises(ValueError, match='space nasbench201'):
        unique_key(load_genotype('64-41414-1_02_333'))
