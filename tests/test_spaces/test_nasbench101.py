import json
import random
from collections import Counter
from itertools import combinations

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnas_mae.spaces import (
    NASBENCH101_OPS,
    CellGenotype,
    Genotype,
    ModelSpec,
    NASBench101Space,
    enumerate_unique,
    get_space,
    load_genotype,
)
from mmnas_mae.spaces.nasbench101 import to_genotype, to_spec

SPACE = NASBench101Space()
C3, C1, POOL = NASBENCH101_OPS
DIAMOND = ((0, 1, 1, 0), (0, 0, 0, 1), (0, 0, 0, 1), (0, 0, 0, 0))


def shuffled(spec, generator):
    """The same cell with its interior vertices in another order that keeps the matrix upper triangular."""
    vertices, order = set(range(1, len(spec.ops) - 1)), [0]
    while vertices:
        ready = [t for t in sorted(vertices) if not any(spec.matrix[s][t] for s in vertices)]
        order.append(generator.choice(ready))
        vertices.remove(order[-1])
    order.append(len(spec.ops) - 1)
    matrix = [[spec.matrix[s][t] for t in order] for s in order]
    return ModelSpec(matrix, [spec.ops[v] for v in order])


def key(spec):
    upper = ''.join(str(spec.matrix[s][t]) for s, t in combinations(range(len(spec.ops)), 2))
    return ''.join(str(NASBENCH101_OPS.index(op)) for op in spec.ops[1:-1]), upper


@pytest.fixture(scope='module')
def table(data_file):
    return pq.read_table(data_file('nb101_20k.parquet')).to_pydict()


@pytest.fixture(scope='module')
def oracles(data_file):
    return json.loads(data_file('oracles.json').read_text())['nasbench101']


@st.composite
def genotypes(draw):
    return SPACE.random_genotype(random.Random(draw(st.integers(0, 2**32))))


def test_hash_of_the_published_example(oracles):
    example = oracles['example']
    assert ModelSpec(example['matrix'], example['ops']).hash() == '00005c142e6f48ac74fdcf73e3439874'


def test_hash_of_every_row_of_the_table(table):
    wrong = [
        expected
        for ops, bits, expected in zip(table['ops'], table['matrix_upper'], table['hash'])
        if to_spec(f'{ops}|{bits}').hash() != expected
    ]
    assert len(table['hash']) == 20000
    assert wrong == []


@given(genotypes(), st.integers(0, 2**32))
@settings(max_examples=60, deadline=None, database=None, derandomize=True)
def test_hash_does_not_depend_on_the_order_of_vertices(genotype, seed):
    spec = SPACE.spec(genotype)
    assert shuffled(spec, random.Random(seed)).hash() == spec.hash()


def test_hash_tells_operations_and_places_apart():
    one, other = ModelSpec(DIAMOND, ('input', C3, C1, 'output')), ModelSpec(DIAMOND, ('input', C3, C3, 'output'))
    chain = ((0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1), (0, 0, 0, 0))
    assert one.hash() == ModelSpec(DIAMOND, ('input', C1, C3, 'output')).hash()
    assert one.hash() != other.hash()
    # In a chain the order of the operations matters.
    forth, back = (ModelSpec(chain, ('input', *ops, 'output')) for ops in ((C3, C1), (C1, C3)))
    assert forth.hash() != back.hash()


def test_unique_cells_up_to_six_vertices(table, oracles):
    specs = list(enumerate_unique(6))
    counts = Counter(len(spec.ops) for spec in specs)
    up_to = {size: sum(n for other, n in counts.items() if other <= size) for size in range(2, 7)}
    assert up_to == {2: 1, 3: 7, 4: 91, 5: 2532, 6: 64542}
    assert {str(size): n for size, n in up_to.items()}.items() <= oracles['n_unique_up_to_vertices'].items()
    small = [spec for spec in specs if len(spec.ops) <= 5]
    assert len({spec.hash() for spec in small}) == len(small) == 2532
    # Of isomorphic cells it is the benchmark's own that is enumerated.
    rows = {row for row, size in zip(zip(table['ops'], table['matrix_upper']), table['n_nodes']) if size <= 6}
    assert len(rows) == 3100
    assert rows <= set(map(key, specs))


@pytest.mark.slow
def test_unique_cells_of_the_whole_space(table):
    keys = set(map(key, enumerate_unique()))
    assert len(keys) == 423624
    assert set(zip(table['ops'], table['matrix_upper'])) <= keys


def test_hash_finds_every_isomorphism():
    # All labelled graphs of four vertices, by the benchmark's slow way, against the enumeration.
    pairs = list(combinations(range(4), 2))
    hashes = set()
    for bits in range(2**6):
        edges = {pair for i, pair in enumerate(pairs) if bits >> i & 1}
        matrix = [[int((s, t) in edges) for t in range(4)] for s in range(4)]
        for ops in ((a, b) for a in NASBENCH101_OPS for b in NASBENCH101_OPS):
            spec = ModelSpec(matrix, ('input', *ops, 'output'))
            if spec.kept():
                hashes.add(spec.hash())
    assert hashes == {spec.hash() for spec in enumerate_unique(4)}


def test_dangling_vertices_are_pruned_and_do_not_count():
    # 0 -> 2 -> 4; vertex 1 leads nowhere, vertex 3 comes from nowhere.
    matrix = [[0] * 5 for _ in range(5)]
    for s, t in ((0, 1), (0, 2), (2, 4), (3, 4)):
        matrix[s][t] = 1
    spec = ModelSpec(matrix, ('input', C3, POOL, C1, 'output'))
    assert spec.kept() == (0, 2, 4)
    assert spec.prune() == ModelSpec(((0, 1, 0), (0, 0, 1), (0, 0, 0)), ('input', POOL, 'output'))
    assert spec.hash() == spec.prune().hash()
    assert SPACE.format(SPACE.genotype(spec)) == '2|101'


def complete(size):
    return tuple(tuple(int(s < t) for t in range(size)) for s in range(size))


@pytest.mark.parametrize(
    'matrix, ops, reason',
    [
        (((0, 1), (0,)), ('input', 'output'), r'square .* got rows of lengths \[2, 1\]'),
        (((0,),), ('input',), 'at least 2 rows'),
        (3, ('input', 'output'), 'must be a list of rows'),
        (((0, 2), (0, 0)), ('input', 'output'), r'matrix\[0\]\[1\] must be 0 or 1, got 2'),
        (((0, 1), (1, 0)), ('input', 'output'), 'upper triangular .* got 1->0'),
        (((0, 1), (0, 0)), ('input', C3, 'output'), 'each of the 2 vertices, got 3'),
        (((0, 1), (0, 0)), ('output', 'input'), "start with 'input' and end with 'output'"),
        (complete(3), ('input', 'conv5x5', 'output'), "vertex 1 cannot be 'conv5x5'; it may be"),
        (((0, 1, 0), (0, 0, 0), (0, 0, 0)), ('input', C3, 'output'), 'no path leads from input to output'),
        (complete(8), ('input', *[C3] * 6, 'output'), '8 vertices after pruning, at most 7'),
        (complete(5), ('input', *[C3] * 3, 'output'), '10 edges after pruning, at most 9'),
    ],
)
def test_invalid_specifications_are_refused_with_the_reason(matrix, ops, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        SPACE.spec(dict(matrix=matrix, ops=ops))
    assert '\n' not in str(caught.value)


NODES = (((C3, 0),), ((C1, 0), (C1, 1)), (('output', 2),))


@pytest.mark.parametrize(
    'nodes, concat, reason',
    [
        ((((C3, 0),), ((C1, 1),), (('output', 2),)), (2,), r'the output must be the last vertex \(3,\), got \(2,\)'),
        ((((C3, 0),), (), (('output', 1),)), (3,), 'vertex 2 has no incoming edge'),
        ((((C3, 0),), ((C1, 0), (C3, 1)), (('output', 2),)), (3,), 'edges into vertex 2 must carry its one operation'),
        ((((C3, 2),), ((C1, 0), (C1, 1)), (('output', 2),)), (3,), 'vertex 1 cannot take vertex 2, .* close a cycle'),
        ((((C3, 0),), ((C1, 1), (C1, 1)), (('output', 2),)), (3,), 'vertex 2 has two edges from vertex 1'),
        ((((C3, 0),), ((C1, 0),), (('output', 2),)), (3,), r'vertices \[1\] lie on no path'),
        ((((C3, 0),), (('noise', 1),), (('output', 2),)), (3,), "vertex 2 cannot be 'noise'"),
        ((((C3, 0),), ((C1, 0), (C1, 1)), ((C3, 2),)), (3,), "end with 'output', got 'input' and 'conv3x3-bn-relu'"),
        ((((C3, 0),), (('output', 1),), (('output', 2),)), (3,), "vertex 2 cannot be 'output'"),
    ],
)
def test_invalid_genotypes_are_refused_with_the_reason(nodes, concat, reason):
    with pytest.raises(ValueError, match=f'^space nasbench101: .*{reason}'):
        SPACE.validate(Genotype('nasbench101', {'cell': CellGenotype(nodes, concat)}))


def test_other_cells_and_macro_settings_are_refused():
    cell = CellGenotype(NODES, (3,))
    SPACE.validate(Genotype('nasbench101', {'cell': cell}))
    with pytest.raises(ValueError, match=r"has the cells \['cell'\], the genotype has \['normal'\]"):
        SPACE.validate(Genotype('nasbench101', {'normal': cell}))
    with pytest.raises(ValueError, match="no macro settings, the genotype has {'layers': 3}"):
        SPACE.validate(Genotype('nasbench101', {'cell': cell}, macro=dict(layers=3)))


@pytest.mark.parametrize(
    'text, reason',
    [
        ('0|11', '1 operations need 3 edge bits, got 2'),
        ('3|111', 'digits below 3, got 3'),
        ('0|112', 'reads like'),
        ('0|100', 'no path leads'),
        ('__import__("os")', 'reads like'),
    ],
)
def test_invalid_text_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        SPACE.parse(text)


def test_dict_without_ops_and_foreign_types_are_refused():
    with pytest.raises(ValueError, match=r"keys 'matrix' and 'ops', got \['matrix'\]"):
        SPACE.spec(dict(matrix=complete(2)))
    with pytest.raises(ValueError, match='got int'):
        SPACE.spec(7)
    with pytest.raises(ValueError, match='max_vertices must lie between 3 and 7, got 8'):
        get_space(dict(type='nasbench101', max_vertices=8))


@given(genotypes())
@settings(max_examples=200, deadline=None, database=None, derandomize=True)
def test_round_trip(genotype):
    spec = to_spec(genotype)
    assert to_genotype(spec) == genotype
    again = Genotype.from_dict(json.loads(json.dumps(genotype.to_dict())))
    assert again == genotype
    text = SPACE.format(again)
    assert SPACE.matches(text)
    assert SPACE.parse(text) == genotype
    assert load_genotype(text) == genotype
    assert to_spec(SPACE.parse(text)) == spec


def test_text_form_of_the_published_example(oracles):
    text = SPACE.format(SPACE.genotype(oracles['example']))
    assert text == '02001|100110100001001010101'
    cell = SPACE.parse(text).cells['cell']
    assert cell.nodes[4] == ((C1, 0), (C1, 3), (C1, 4))
    assert cell.nodes[5] == (('output', 2), ('output', 5))
    assert cell.concat == (6,)


def test_random_cells_are_uniform():
    # 200 draws of each of the 91 cells; a count five standard deviations off is one in a million.
    space = NASBench101Space(max_vertices=4)
    generator = random.Random(0)
    counts = Counter(to_spec(space.random_genotype(generator)) for _ in range(91 * 200))
    assert set(counts) == set(enumerate_unique(4))
    assert all(abs(count - 200) < 5 * 200**0.5 for count in counts.values())


def test_mutation_gives_another_valid_cell_and_reaches_every_size():
    generator = random.Random(0)
    genotype = SPACE.parse('|1')
    sizes = Counter()
    for _ in range(1000):
        child = SPACE.mutate(genotype, generator)
        SPACE.validate(child)
        assert child != genotype
        genotype = child
        sizes[len(SPACE.spec(genotype).ops)] += 1
    assert set(sizes) == {2, 3, 4, 5, 6, 7}


def test_mutation_stays_near():
    # 0.6 edges and 0.2 operations change in expectation, so many children differ in a single one.
    generator = random.Random(0)
    parent = SPACE.parse('02001|100110100001001010101')
    before = to_spec(parent)
    near = 0
    for _ in range(200):
        after = to_spec(SPACE.mutate(parent, generator, rate=0.2))
        if len(after.ops) == len(before.ops):
            edges = sum(before.matrix[s][t] != after.matrix[s][t] for s, t in combinations(range(7), 2))
            near += edges + sum(a != b for a, b in zip(before.ops, after.ops)) == 1
    assert near > 60


def test_sampling_and_mutation_follow_their_generator():
    draws = []
    for _ in range(2):
        generator = random.Random(3)
        genotype = SPACE.random_genotype(generator)
        draws.append([genotype, *(SPACE.mutate(genotype, generator) for _ in range(5))])
    assert draws[0] == draws[1]
