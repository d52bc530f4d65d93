"""Every registered space: forms of a genotype, mutation, and the promises of SearchSpace."""

import json
import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmnas_mae.spaces import CellGraph, CellSpace, Genotype, SearchSpace, get_space, load_genotype, registered_spaces

NAMES = [space.name for space in registered_spaces()]
SEEDS = st.integers(0, 2**32)
QUICK = settings(max_examples=30, deadline=None, database=None, derandomize=True)


def test_the_spaces_of_the_paper_are_registered():
    assert {f'darts_s{i}' for i in range(5)} <= set(NAMES)
    assert {'nasbench101', 'nasbench201', 'transnas101_micro', 'transnas101_macro'} <= set(NAMES)
    assert len(set(NAMES)) == len(NAMES)
    assert all(isinstance(get_space(name), SearchSpace) and get_space(name).name == name for name in NAMES)


@pytest.mark.parametrize('name', NAMES)
@QUICK
@given(seed=SEEDS)
def test_json_and_text_keep_a_random_architecture(name, seed):
    space = get_space(name)
    drawn = space.random_genotype(random.Random(seed))
    space.validate(drawn)
    from_json = load_genotype(json.loads(json.dumps(drawn.to_dict())))
    assert from_json == drawn
    text = space.format(from_json)
    assert space.matches(text)
    from_text = load_genotype(text, space=name)
    assert from_text == drawn
    assert space.format(from_text) == text


@pytest.mark.parametrize('name', [name for name in NAMES if len(getattr(get_space(name), 'cells', ())) > 1])
def test_the_order_of_cells_in_a_file_means_nothing(name):
    space = get_space(name)
    drawn = space.random_genotype(random.Random(0))
    turned = replace(drawn, cells=dict(reversed(drawn.cells.items())))
    assert list(turned.cells) != list(space.cells)
    assert space.format(turned) == space.format(drawn)
    for source in (turned, turned.to_dict(), space.format(drawn)):
        assert list(load_genotype(source, name).cells) == list(space.cells)


@pytest.mark.parametrize('name', [name for name in NAMES if len(getattr(get_space(name), 'cells', ())) > 1])
def test_the_order_of_the_cells_of_a_parent_means_nothing(name):
    space = get_space(name)
    first, second = (space.random_genotype(random.Random(seed)) for seed in (0, 1))
    turned = replace(first, cells=dict(reversed(first.cells.items())))
    children = [space.crossover(parent, second, random.Random(2)) for parent in (first, turned)]
    assert children[0] == children[1] is not None


@pytest.mark.parametrize('name', NAMES)
@QUICK
@given(seed=SEEDS)
def test_mutation_stays_in_the_space_and_leaves_the_parent(name, seed):
    space, generator = get_space(name), random.Random(seed)
    parent = space.random_genotype(generator)
    before = json.dumps(parent.to_dict())
    child = space.mutate(parent, generator)
    space.validate(child)
    assert json.dumps(parent.to_dict()) == before
    assert space.mutate(parent, random.Random(seed)) == space.mutate(parent, random.Random(seed))


@pytest.mark.parametrize('name', [name for name in NAMES if isinstance(get_space(name), CellSpace)])
@QUICK
@given(seed=SEEDS)
def test_mutation_of_cells_changes_one_edge(name, seed):
    space, generator = get_space(name), random.Random(seed)
    parent = space.random_genotype(generator)
    child = space.mutate(parent, generator)
    lost = [
        (kind, i, edge)
        for kind, cell in parent.cells.items()
        for i, node in enumerate(cell.nodes)
        for edge in node
        if edge not in child.cells[kind].nodes[i]
    ]
    assert len(lost) == 1


def test_mutation_moves_edges_where_sources_are_left_out():
    space, generator = get_space('darts_s0'), random.Random(0)
    parent = space.random_genotype(generator)

    def sources(genotype):
        return [[[source for _, source in node] for node in cell.nodes] for cell in genotype.cells.values()]

    moved = sum(sources(space.mutate(parent, generator)) != sources(parent) for _ in range(2000))
    # The first node takes all there is; on the other three of four a coin decides.
    assert moved / 2000 == pytest.approx(0.375, abs=0.04)


def test_mutation_needs_a_second_member():
    space = CellSpace('lonely', dict(cell=CellGraph.dense(1, 2, ['skip_connect'])))
    (member,) = space.enumerate()
    with pytest.raises(ValueError, match='space lonely has a single member'):
        space.mutate(member, random.Random(0))


def test_enumeration_follows_the_rule_of_derivation():
    # 3 pairs of sources for the second node, none never kept: (2 ops)^2 * 3 * (2 ops)^2
    space = CellSpace('small', dict(cell=CellGraph.dense(2, 2, ['none', 'a', 'b'])), keep=2, never=('none',))
    members = list(space.enumerate())
    assert len(members) == 48
    assert len({space.format(member) for member in members}) == 48
    for member in members:
        space.validate(member)


@pytest.mark.parametrize('name', NAMES)
def test_a_genotype_of_another_space_is_refused(name):
    strangers = [space for space in registered_spaces() if space.name.split('_')[0] != name.split('_')[0]]
    for stranger in strangers:
        genotype = stranger.random_genotype(random.Random(0))
        with pytest.raises(ValueError, match=f'space {name}'):
            get_space(name).validate(genotype)


def test_what_is_no_text_of_any_space_is_taken_for_a_file():
    with pytest.raises(FileNotFoundError, match='no file, no text of a registered space and no published name'):
        load_genotype('64-1234-unknown')


def test_unknown_spaces_are_refused_with_what_exists():
    with pytest.raises(ValueError, match='unknown search space .*nasbench201.*transnas101_micro'):
        load_genotype(Genotype('nasbench999', {}))
