"""The spaces of DARTS cells against the published lists."""

import json
from dataclasses import replace

import pytest

from mmnas_mae.spaces import DARTS_OPS, CellGenotype, get_space, load_genotype, published, published_names

EDGES = ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2), (4, 0), (4, 1), (4, 2), (4, 3), (5, 0), (5, 1), (5, 2), (5, 3), (5, 4))
SPACE_OF = {'_s1_': 'darts_s1', '_s2_': 'darts_s2', '_s3_': 'darts_s3', '_s4_': 'darts_s4'}


@pytest.fixture(scope='module')
def facts(data_file):
    return json.loads(data_file('genotypes.json').read_text())


def test_s0_is_the_published_list_on_each_of_14_edges():
    expected = 'none max_pool_3x3 avg_pool_3x3 skip_connect sep_conv_3x3 sep_conv_5x5 dil_conv_3x3 dil_conv_5x5'
    assert tuple(expected.split()) == DARTS_OPS
    for graph in get_space('s0').cells.values():
        assert graph.ops == (DARTS_OPS,) * 14
        assert graph.edges == EDGES
        assert (graph.num_inputs, graph.num_nodes, graph.max_ops, graph.concat) == (2, 4, 8, (2, 3, 4, 5))
        assert graph.incoming() == ((0, 1), (2, 3, 4), (5, 6, 7, 8), (9, 10, 11, 12, 13))


@pytest.mark.parametrize('name, width', [('s1', 2), ('s2', 2), ('s3', 3), ('s4', 2)])
def test_robust_darts_spaces_equal_the_published_lists(name, width, facts):
    space = get_space(name)
    assert space.name == f'darts_{name}'
    assert (space.keep, space.never) == (2, ('none',))
    for kind, ops in facts['robustdarts_spaces']['spaces'][name].items():
        assert [list(names) for names in space.cells[kind].ops] == ops
        assert space.cells[kind].edges == EDGES
        assert space.cells[kind].max_ops == width


def test_names_of_a_space_mean_the_same():
    assert get_space('s0') == get_space('darts_s0') == get_space('DARTS-S0') == get_space(dict(type='mmnas_mae.darts'))
    assert get_space(get_space('s3')) == get_space('s3')


def test_published_genotypes_equal_the_published_lists(facts):
    names = {name for name in published_names() if published(name).space.startswith('darts')}
    assert names == set(facts['genotypes'])
    for name, fact in facts['genotypes'].items():
        genotype = published(name)
        for kind, cell in genotype.cells.items():
            assert [list(edge) for node in cell.nodes for edge in node] == fact[kind]
            assert list(cell.concat) == fact[f'{kind}_concat']
        assert genotype.cells['normal'].count('skip_connect') == fact['n_skip_normal']
        assert fact['source']['repo'] in genotype.meta['source']
        assert genotype.space == next((space for key, space in SPACE_OF.items() if key in name), 'darts_s0')
        get_space(genotype.space).validate(genotype)


def with_cell(genotype, kind='normal', **changes):
    return replace(genotype, cells={**genotype.cells, kind: replace(genotype.cells[kind], **changes)})


def with_edge(genotype, node, edge, op, source):
    nodes = [list(edges) for edges in genotype.cells['normal'].nodes]
    nodes[node][edge] = (op, source)
    return with_cell(genotype, nodes=tuple(map(tuple, nodes)))


V2 = published('DARTS_V2')
NORMAL = V2.cells['normal']


@pytest.mark.parametrize(
    'genotype, reason',
    [
        (replace(V2, cells={}), r"has the cells \['normal', 'reduce'\], the genotype has \[\]"),
        (replace(V2, cells=dict(cell=NORMAL)), r"the genotype has \['cell'\]"),
        (replace(V2, macro=dict(depth=3)), r"macro must be {}, got {'depth': 3}"),
        (with_cell(V2, nodes=NORMAL.nodes[:3]), 'cell normal: needs 4 nodes, got 3'),
        (with_cell(V2, nodes=NORMAL.nodes + NORMAL.nodes[:1]), 'cell normal: needs 4 nodes, got 5'),
        (with_cell(V2, concat=(2, 3, 4)), r'the output must be states \(2, 3, 4, 5\), got \(2, 3, 4\)'),
        (with_cell(V2, nodes=(NORMAL.nodes[0][:1], *NORMAL.nodes[1:])), 'node 2 needs 2 edges, got 1'),
        (with_cell(V2, nodes=(NORMAL.nodes[0] * 2, *NORMAL.nodes[1:])), 'node 2 needs 2 edges, got 4'),
        (with_edge(V2, 1, 0, 'sep_conv_3x3', 1), r'node 3 has two edges from one state: \[1, 1\]'),
        (with_edge(V2, 0, 0, 'sep_conv_3x3', 2), r'node 2 cannot take state 2; it takes \[0, 1\]'),
        (with_edge(V2, 3, 0, 'sep_conv_3x3', 5), r'node 5 cannot take state 5; it takes \[0, 1, 2, 3, 4\]'),
        (with_edge(V2, 0, 0, 'none', 0), r"edge 0->2 cannot be 'none'; it may be \['max_pool_3x3'"),
        (with_edge(V2, 2, 1, 'sep_conv_9x9', 0), "edge 0->4 cannot be 'sep_conv_9x9'"),
    ],
)
def test_invalid_genotypes_are_refused_with_the_place(genotype, reason):
    with pytest.raises(ValueError, match=f'space darts_s0.*{reason}'):
        get_space('s0').validate(genotype)
    with pytest.raises(ValueError, match=reason):
        load_genotype(genotype)


@pytest.mark.parametrize('space', ['s1', 's2', 's3', 's4'])
def test_a_genotype_must_be_of_the_space_asked_for(space):
    with pytest.raises(ValueError, match=f'space darts_{space}, cell normal: edge .* cannot be'):
        load_genotype('PDARTS', space=space)


def test_a_genotype_of_a_part_is_one_of_the_whole():
    assert load_genotype('DARTSminus_cifar10_s2_0', space='s3').cells['normal'].count('sep_conv_3x3') > 0
    with pytest.raises(ValueError, match="cannot be 'noise'"):
        load_genotype(
            with_cell(published('SDARTS_c10_s4_pgd'), nodes=(((('noise', 0)), ('noise', 1)), *NORMAL.nodes[1:])),
            space='s0',
        )


def test_noise_may_be_derived_in_s4():
    cell = CellGenotype(tuple((('noise', 0), ('sep_conv_3x3', 1)) for _ in range(4)), (2, 3, 4, 5))
    get_space('s4').validate(replace(V2, space='darts_s4', cells=dict(normal=cell, reduce=cell)))
