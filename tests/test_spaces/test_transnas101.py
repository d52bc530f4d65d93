"""TransNAS-Bench-101 as data, over its whole table."""

import random
from collections import Counter

import pyarrow.parquet as pq
import pytest

from mmnas_mae.spaces import Genotype, get_space, load_genotype

COUNTS = {'transnas101_micro': 4096, 'transnas101_macro': 3256}


@pytest.fixture(scope='module')
def table(data_file):
    rows = pq.read_table(data_file('transnas101.parquet'), columns=['space', 'arch']).to_pylist()
    return {f'transnas101_{part}': [row['arch'] for row in rows if row['space'] == part] for part in ('micro', 'macro')}


@pytest.mark.parametrize('name', COUNTS)
def test_enumeration_is_the_table(table, name):
    space = get_space(name)
    members = [space.format(genotype) for genotype in space.enumerate()]
    assert len(members) == len(table[name]) == COUNTS[name]
    assert set(members) == set(table[name])


@pytest.mark.parametrize('name', COUNTS)
def test_every_architecture_of_the_table_round_trips(table, name):
    space = get_space(name)
    for arch in table[name]:
        genotype = space.parse(arch)
        space.validate(genotype)
        assert genotype.space == name
        assert space.format(genotype) == arch


def test_text_is_recognised_and_names_its_space():
    micro = load_genotype('64-41414-1_02_333')
    assert micro.space == 'transnas101_micro'
    assert micro.macro == dict(base_channels=64, modules='41414', block='cell')
    assert micro.cells['cell'].nodes == (
        (('skip_connect', 0),),
        (('none', 0), ('nor_conv_1x1', 1)),
        (('nor_conv_3x3', 0), ('nor_conv_3x3', 1), ('nor_conv_3x3', 2)),
    )
    macro = load_genotype('64-1234-basic')
    assert macro == Genotype('transnas101_macro', {}, macro=dict(base_channels=64, modules='1234', block='basic'))


@pytest.mark.parametrize(
    'text, reason',
    [
        ('64-41414-1_02_334', "node 3 .* takes 3 digits from 0 to 3, got '334'"),
        ('64-41414-1_02_33', "node 3 .* takes 3 digits from 0 to 3, got '33'"),
        ('64-41424-1_02_333', "macro must be .*'41414'.*, got .*'41424'"),
        ('32-41414-1_02_333', "macro must be .*64.*, got .*'base_channels': 32"),
        ('32-1234-basic', 'base_channels must be 64'),
        ('64-1235-basic', "modules must be 4 to 6 digits from 1 to 4, .* got '1235'"),
        ('64-124-basic', "modules must be 4 to 6 digits .* got '124'"),
        ('64-1111-basic', "1 to 3 of them 2 or 4 .* got '1111'"),
        ('64-2222-basic', "1 to 4 of them 3 or 4 .* got '2222'"),
        ('64-333334-basic', "got '333334'"),
    ],
)
def test_invalid_text_is_refused_with_the_reason(text, reason):
    with pytest.raises(ValueError, match=reason):
        load_genotype(text)


@pytest.mark.parametrize(
    'content, reason',
    [
        (dict(macro={}), "macro has 'base_channels', 'modules' and 'block', got "),
        (
            dict(macro=dict(base_channels=64, modules='1234', block='bottleneck')),
            "block 'basic', got 64 and 'bottleneck'",
        ),
        (dict(macro=dict(base_channels=64, modules=[1, 2, 3, 4], block='basic')), 'modules must be'),
        (
            dict(
                cells=dict(cell=dict(nodes=[[['none', 0]]], concat=[1])),
                macro=dict(base_channels=64, modules='1234', block='basic'),
            ),
            r"has no cells, the genotype has \['cell'\]",
        ),
    ],
)
def test_invalid_macro_genotypes_are_refused_with_the_reason(content, reason):
    with pytest.raises(ValueError, match=reason):
        load_genotype({'space': 'transnas101_macro', 'cells': {}, **content})


def test_a_micro_genotype_must_state_the_skeleton():
    micro = load_genotype('64-41414-1_02_333')
    with pytest.raises(ValueError, match='macro must be .* got {}'):
        load_genotype(Genotype(micro.space, micro.cells))


def test_macro_mutation_draws_every_neighbour_and_nothing_else():
    space, generator = get_space('transnas101_macro'), random.Random(0)
    parent = space.parse('64-2311-basic')

    def distance(a, b):
        """Edit distance, as its recursion says."""
        if not a or not b:
            return len(a) + len(b)
        return min(distance(a[1:], b) + 1, distance(a, b[1:]) + 1, distance(a[1:], b[1:]) + (a[0] != b[0]))

    near = {g.macro['modules'] for g in space.enumerate() if len(g.macro['modules']) <= 5}
    near = {modules for modules in near if distance(modules, '2311') == 1}
    drawn = Counter(space.mutate(parent, generator).macro['modules'] for _ in range(2000))
    assert set(drawn) == near
    assert max(drawn.values()) < 2 * 2000 / len(near)


def test_micro_mutation_keeps_the_skeleton_and_changes_one_edge():
    space, generator = get_space('transnas101_micro'), random.Random(0)
    parent = space.parse('64-41414-1_02_333')
    for _ in range(200):
        text = space.format(space.mutate(parent, generator))
        assert text.startswith('64-41414-')
        assert sum(a != b for a, b in zip(text, '64-41414-1_02_333')) == 1


def test_random_macro_architectures_are_uniform_over_the_space():
    space, generator = get_space('transnas101_macro'), random.Random(0)
    lengths = Counter(len(space.random_genotype(generator).macro['modules']) for _ in range(5000))
    sizes = Counter(len(genotype.macro['modules']) for genotype in space.enumerate())
    for length, size in sizes.items():
        assert lengths[length] / 5000 == pytest.approx(size / 3256, abs=0.02)
