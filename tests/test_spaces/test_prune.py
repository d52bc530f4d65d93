"""Fewer candidates from stage to stage, and the limit on skip connections (P-DARTS)."""

import json
import random

import pytest
import torch

from mmnas_mae.spaces import CellGraph, CellSpace, discretize, get_space, prune, space_config


def test_each_edge_keeps_its_strongest_candidates_in_their_order() -> None:
    space = get_space('s0')
    weights = {kind: torch.rand(14, 8).softmax(-1) for kind in space.cells}
    five = prune(space, weights, 5)
    for kind, graph in five.cells.items():
        for e, names in enumerate(graph.ops):
            best = sorted(range(8), key=lambda k: -float(weights[kind][e, k]))[:5]
            assert names == tuple(space.cells[kind].ops[e][k] for k in sorted(best))
    narrower = {kind: torch.rand(14, 5) for kind in space.cells}
    three = prune(five, narrower, 3)
    for kind, graph in three.cells.items():
        assert all(len(names) == 3 for names in graph.ops)
        assert all(set(names) < set(before) for names, before in zip(graph.ops, five.cells[kind].ops))
    assert prune(three, narrower, 3) == three


def test_pruned_members_are_members_and_survive_as_plain_data() -> None:
    space = get_space('s0')
    pruned = prune(space, {kind: torch.rand(14, 8) for kind in space.cells}, 3)
    assert get_space(json.loads(json.dumps(space_config(pruned)))) == pruned
    for seed in range(20):
        member = pruned.random_genotype(random.Random(seed))
        space.validate(member)
    weights = {kind: torch.rand(14, 3) for kind in space.cells}
    derived = discretize(pruned, weights)
    space.validate(derived)
    assert derived.space == 'darts_s0'


def test_of_equal_weights_the_first_are_dropped() -> None:
    space = get_space('s0')
    pruned = prune(space, {kind: torch.ones(14, 8) for kind in space.cells}, 5)
    assert pruned.cells['normal'].ops[0] == space.cells['normal'].ops[0][3:]


def test_what_cannot_be_pruned_is_named() -> None:
    space = CellSpace('tiny', dict(cell=CellGraph.dense(1, 1, ['none', 'a'])), never=('none',))
    with pytest.raises(ValueError, match='keep must be at least 1 candidate for each edge, got 0'):
        prune(space, dict(cell=torch.ones(1, 2)), 0)
    with pytest.raises(ValueError, match=r"keep=1 leaves edge 0->1 of cell cell with \['none'\] only"):
        prune(space, dict(cell=torch.tensor([[0.9, 0.1]])), 1)


@pytest.mark.parametrize(
    'restrict, message',
    [
        (dict(inner=['skip_connect']), r"space darts_s0 has the cells \['normal', 'reduce'\], got \['inner'\]"),
        (dict(normal=[['skip_connect']]), 'cell normal has 14 edges, got 1 lists'),
        (dict(normal=['noise']), r"edge 0->2 of cell normal has \['none', .*\], got \['noise'\]"),
        (dict(reduce=[[]] * 14), r'edge 0->2 of cell reduce has .*, got \[\]'),
    ],
)
def test_a_wrong_restriction_is_named(restrict: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        get_space(dict(type='darts_s0', restrict=restrict))
    with pytest.raises(ValueError, match='space nasbench101 has no cells with candidate operations to restrict'):
        get_space(dict(type='nasbench101', restrict=restrict))


def test_one_list_restricts_every_edge_and_other_cells_keep_theirs() -> None:
    space = get_space(dict(type='s0', restrict=dict(normal=['skip_connect', 'sep_conv_3x3'])))
    assert set(space.cells['normal'].ops) == {('skip_connect', 'sep_conv_3x3')}
    assert space.cells['reduce'] == get_space('s0').cells['reduce']
    assert get_space('darts_s0_no_none').cells['normal'].ops == tuple(
        tuple(op for op in ops if op != 'none') for ops in get_space('s0').cells['normal'].ops
    )


def test_the_skip_limit_rules_out_the_weakest_first_in_the_first_cell_type() -> None:
    space = get_space('s2')
    weights = {kind: torch.tensor([[0.9, 0.1]]).repeat(14, 1) for kind in space.cells}
    weights['normal'][:, 0] += 0.001 * torch.arange(14)
    # Without a limit each node keeps its two strongest edges, all skips.
    free = discretize(space, weights)
    assert [cell.count('skip_connect') for cell in free.cells.values()] == [8, 8]
    limited = discretize(space, weights, max_skips=2)
    assert [cell.count('skip_connect') for cell in limited.cells.values()] == [2, 8]
    # The strongest skips stay: those of the last node.
    assert list(limited.cells['normal'].nodes[3]) == [('skip_connect', 3), ('skip_connect', 4)]
    space.validate(limited)
    for limit in range(9):
        assert discretize(space, weights, max_skips=limit).cells['normal'].count('skip_connect') == limit
    assert float(weights['normal'].max()) == pytest.approx(0.913)  # the weights themselves are left alone


def test_a_skip_limit_that_cannot_be_kept_is_named() -> None:
    space = CellSpace('skips', dict(normal=CellGraph.dense(2, 1, ['skip_connect'])), keep=2)
    with pytest.raises(
        ValueError, match="derivation.max_skips=1 cannot be kept: .* no other operation than 'skip_connect'"
    ):
        discretize(space, dict(normal=torch.ones(2, 1)), max_skips=1)
