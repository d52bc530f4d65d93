"""Every form in which people have genotypes, and which space a text or a dict belongs to."""

import json
import random

import pytest

from mmnas_mae.spaces import get_space, load_genotype, published

DARTS = published('DARTS_V2')


def keywords(genotype) -> dict:
    """The dict that people keep in JSON."""
    out = {}
    for kind, cell in genotype.cells.items():
        out[kind] = [list(edge) for node in cell.nodes for edge in node]
        out[f'{kind}_concat'] = list(cell.concat)
    return out


def test_a_dict_in_the_style_of_darts_is_read_as_it_is_and_from_a_file(tmp_path):
    content = keywords(DARTS)
    assert load_genotype(content) == DARTS
    (tmp_path / 'cell.json').write_text(json.dumps(content))
    assert load_genotype(tmp_path / 'cell.json') == DARTS
    assert load_genotype(tmp_path / 'cell.json', 'darts_s0') == DARTS
    assert load_genotype(published('NASNet_A').to_text()).space == 'nasnet'
    assert load_genotype(keywords(published('NASNet_A'))).space == 'nasnet'
    with pytest.raises(ValueError, match='the genotype lacks reduce_concat, it has normal, normal_concat, reduce'):
        load_genotype({key: value for key, value in content.items() if key != 'reduce_concat'})


def test_lists_of_nodes_with_weights_are_those_of_gdas():
    """D-X-Y/AutoDL-Projects: search_model_gdas_nasnet.py prints one tuple a node, with the weight of each edge."""
    content = keywords(DARTS)
    for kind, cell in DARTS.cells.items():
        content[kind] = [tuple((op, source, 0.1) for op, source in node) for node in cell.nodes]
    assert load_genotype(content) == DARTS
    content['normal'][0] = (('sep_conv_3x3', 0, 0.4), ('skip_connect', 0, 0.3))
    pairs = load_genotype(content)
    assert pairs.space == 'darts_s0_pairs'
    assert pairs.cells['normal'].nodes[0] == (('sep_conv_3x3', 0), ('skip_connect', 0))
    assert load_genotype(pairs.to_text()) == pairs


def test_fourteen_edges_are_those_of_snas():
    """SNAS-Series/SNAS-Series: genotype_edge_all lists the edges of a node by strength, none among them."""
    nodes = [[('none', source) for source in reversed(range(2 + i))] for i in range(4)]
    edges = [edge for node in nodes for edge in node]
    text = f'Genotype(normal={edges}, normal_concat=range(2, 6), reduce={edges}, reduce_concat=range(2, 6))'
    genotype = load_genotype(text)
    assert genotype.space == 'darts_s0_all_edges'
    assert [len(node) for node in genotype.cells['reduce'].nodes] == [2, 3, 4, 5]


def test_a_cell_with_noise_is_one_of_s4():
    text = published('SDARTS_c10_s4_pgd').to_text().replace("('sep_conv_3x3', 1)", "('noise', 1)", 1)
    assert load_genotype(text).space == 'darts_s4'
    with pytest.raises(ValueError, match=r"cannot be 'noise'.*; it is one of darts_s4$") as error:
        load_genotype(text, 'darts_s2')
    assert '\n' not in str(error.value)
    genotype = load_genotype(text)
    with pytest.raises(ValueError, match=r"cannot be 'noise'.*; it is one of darts_s4$"):
        load_genotype(genotype, 'darts_s0')


def test_the_triples_of_fairdarts_are_read():
    cells = "normal=[('skip_connect', 2, 0)], normal_concat=[2], reduce=[('skip_connect', 2, 1)], reduce_concat=[2]"
    assert load_genotype(f'Genotype({cells})').space == 'darts_s0_sparse'


def test_the_numbers_of_naslib_name_a_cell_of_nasbench201():
    """Every number on every edge against automl/NASLib: conversions.py, written the other way round."""
    names = ['skip_connect', 'none', 'nor_conv_3x3', 'nor_conv_1x1', 'avg_pool_3x3']
    edge_list = ((1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4))
    space = get_space('nasbench201')
    for shift in range(5):
        numbers = tuple((i + shift) % 5 for i in range(6))
        genotype = load_genotype(str(numbers))
        nodes = genotype.cells['cell'].nodes
        found = [{s: op for op, s in nodes[v - 2]}[u - 1] for u, v in edge_list]
        assert tuple(map(names.index, found)) == numbers
        assert load_genotype(str(list(numbers)), 'nasbench201') == load_genotype(space.format(genotype)) == genotype


def test_what_is_none_of_the_forms_is_an_error_on_one_line():
    for wrong in (
        {'normal_concat': [2]},
        {'normal': [1], 'normal_concat': [2]},
        {'a_concat': 1, 'a': {}},
        {'a_concat': [2], 1: []},
    ):
        with pytest.raises(ValueError, match=r'^genotype: ') as error:
            load_genotype(wrong)
        assert '\n' not in str(error.value)
    with pytest.raises(FileNotFoundError, match='is no file'):
        load_genotype('(5, 0, 0, 0, 0, 0)')


def test_what_is_near_a_cell_with_two_operations_on_an_edge_is_in_the_space():
    space, content = get_space('darts_s0_pairs'), keywords(DARTS)
    content['normal'] = [[['sep_conv_3x3', 0], ['skip_connect', 0]]] + [
        [['skip_connect', i], ['sep_conv_3x3', i]] for i in (2, 0, 3)
    ]
    parent = load_genotype(content, space)
    near = space.neighbours(parent)
    assert len(near) > 100
    for member in near:
        space.validate(member)
    with pytest.raises(ValueError, match='node 2 has two edges from one state'):
        space.validate(load_genotype({**content, 'normal': [[['skip_connect', 0]] * 2, *content['normal'][1:]]}, space))


def test_a_space_and_a_seed_draw_a_genotype():
    drawn = load_genotype(dict(space='darts_s0', seed=1))
    assert drawn == get_space('darts_s0').random_genotype(random.Random(1)) != load_genotype(dict(space='s0', seed=2))
    assert drawn.meta == {'seed': 1, 'selected_by': 'random draw'}
    assert load_genotype(dict(space='nasbench201', seed=0), 'nasbench201').space == 'nasbench201'
    with pytest.raises(ValueError, match="the seed of a random genotype must be a whole number, got 'x'"):
        load_genotype(dict(space='s0', seed='x'))
    with pytest.raises(ValueError, match='it is one of nasbench201$'):
        load_genotype(dict(space='nasbench201', seed=0), 's0')
