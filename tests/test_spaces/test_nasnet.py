"""The space of NASNet, and the published cells of the systems that the paper compares with by their rows only."""

import random

import pytest

from mmnas_mae.apis import build_backbone, build_network
from mmnas_mae.models import CellArchitecture
from mmnas_mae.spaces import CellGraph, NASNetSpace, get_space, load_genotype, published
from mmnas_mae.spaces.nasnet import loose_ends


def params(module):
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    'name, channels, expected, published_m',
    [
        ('NASNet_A', 32, 3_328_234, 3.3),  # NASNet-A (6 @ 768): Zoph et al. 2018, and Table 1 of the paper
        ('NASNet_A_darts', 32, 3_061_738, 3.1),  # Liu et al. 2019, Table 1, retrained in the set-up of DARTS
        ('AmoebaNet_A', 36, 3_145_078, 3.1),  # the same table
    ],
)
def test_parameters_at_20_cells_are_the_published_ones(name, channels, expected, published_m):
    network = build_network('nasnet', name, num_classes=10, init_channels=channels, layers=20)
    assert params(network) == expected
    assert round(expected / 1e6, 1) == published_m


def test_enas_has_its_published_parameters_with_the_convolution_that_its_cells_add():
    network = build_network('nasnet', 'ENAS', num_classes=10, init_channels=36, layers=20)
    assert params(network) == 4_394_710
    # melodyguan/enas: src/cifar10/micro_child.py has one more 1x1 convolution, C to C, before each cell.
    more = sum(c * c + 2 * c for c in (36,) * 6 + (72,) * 7 + (144,) * 7)
    assert params(network) + more == 4_587_382
    assert round(4_587_382 / 1e6, 1) == 4.6  # Pham et al. 2018, and Table 1 of the paper


def test_channels_follow_what_the_cells_put_out():
    backbone = build_backbone('NASNet_A', init_channels=32, layers=20)
    assert backbone.out_channels == (6 * 32, 6 * 64, 6 * 128)
    assert build_backbone('AmoebaNet_A', init_channels=4, layers=14, stem='imagenet').out_strides == (8, 16, 32)


def test_the_published_cells_are_those_of_their_sources():
    normal, reduce = published('NASNet_A').cells.values()
    # tensorflow/models, NasNetANormalCell: only the current input counts as used; there 0 is the current input.
    assert normal.concat == (0, 2, 3, 4, 5, 6)
    operations = (
        'sep_conv_5x5 sep_conv_3x3 sep_conv_5x5 sep_conv_3x3 avg_pool_3x3 skip_connect avg_pool_3x3 avg_pool_3x3'
    )
    indices = [0, 1, 1, 1, 0, 1, 1, 1, 0, 0]
    edges = [edge for node in normal.nodes for edge in node]
    assert [op for op, _ in edges[:8]] == operations.split()
    assert [source for _, source in edges] == [1 - index for index in indices]
    assert reduce.concat == (3, 4, 5, 6)
    # melodyguan/enas: four numbers a node, op 0 to 4.
    ops = ('sep_conv_3x3', 'sep_conv_5x5', 'avg_pool_3x3', 'max_pool_3x3', 'skip_connect')
    arcs = {'normal': '0 2 0 0 0 4 0 1 0 4 1 1 1 0 0 1 0 2 1 1', 'reduce': '1 0 1 0 0 3 0 2 1 1 3 1 1 0 0 4 0 3 1 1'}
    for kind, arc in arcs.items():
        cell = published('ENAS').cells[kind]
        assert ' '.join(f'{s} {ops.index(op)}' for node in cell.nodes for op, s in node) == arc
        assert cell.concat == loose_ends(cell.nodes, 2)
    assert published('AmoebaNet_A').cells['reduce'].count('conv_7x1_1x7') == 1


def small_space():
    cell = CellGraph.dense(2, 2, ('a', 'b'))
    return NASNetSpace('small', dict(normal=cell, reduce=cell), keep=2)


def test_enumeration_has_every_pair_of_edges_once():
    space = small_space()
    members = list(space.enumerate())
    # Node 2 takes 2 of 4 edges with repetition: 10; node 3 of 6: 21.
    assert len(members) == (10 * 21) ** 2
    first = {member.cells['reduce'] for member in members[: 10 * 21]}
    assert len(first) == 10 * 21
    for member in members[:400]:
        space.validate(member)


def test_random_members_and_mutants_cover_the_small_space():
    space, generator = small_space(), random.Random(0)
    drawn = [space.random_genotype(generator) for _ in range(3000)]
    normals = {genotype.cells['normal'] for genotype in drawn}
    # Two different edges: 6 times 15.
    assert len(normals) == 90
    counts = [sum(g.cells['normal'] == cell for g in drawn) for cell in list(normals)[:10]]
    assert max(counts) < 4 * 3000 / 90
    genotype, seen = drawn[0], set()
    for _ in range(4000):
        genotype = space.mutate(genotype, generator)
        seen.add(genotype.cells['normal'])
    assert len(seen) > 200  # of 210, those with two edges alike among them


@pytest.mark.parametrize(
    'kind, change, message',
    [
        (
            'normal',
            dict(concat=(2, 3, 4, 5)),
            r'the output must list states from 0 to 6, .* among them \[2, 3, 4, 5, 6\]',
        ),
        ('reduce', dict(concat=(0, 2, 3, 4, 5, 6)), 'the output must list states from 2 to 6'),
        ('normal', dict(concat=(3, 2, 4, 5, 6)), 'ascending'),
        ('normal', dict(op='dil_conv_5x5'), "edge 1->2 cannot be 'dil_conv_5x5'"),
        ('normal', dict(source=2), 'node 2 takes the states 0 to 1, got 2'),
        ('normal', dict(drop=True), 'node 2 needs 2 edges, got 1'),
    ],
)
def test_strangers_are_refused(kind, change, message):
    content = published('NASNet_A_darts').to_dict()
    cell = content['cells'][kind]
    if 'concat' in change:
        cell['concat'] = list(change['concat'])
    first = cell['nodes'][0]
    first[0] = [change.get('op', first[0][0]), change.get('source', first[0][1])]
    if change.get('drop'):
        del first[1]
    with pytest.raises(ValueError, match=f'space nasnet, cell {kind}: .*{message}'):
        load_genotype(content)


def test_a_search_over_the_space_derives_members_of_it():
    arch = CellArchitecture('nasnet', init_std=1.0)
    genotype = arch.genotype()
    arch.space.validate(genotype)
    assert genotype.cells['normal'].concat == (2, 3, 4, 5, 6)
    assert load_genotype(get_space('nasnet').format(genotype), 'nasnet') == genotype
