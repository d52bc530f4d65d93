"""The rule of derivation against a naive one."""

import numpy as np
import pytest
import torch

from mmnas_mae.spaces import CellGraph, CellSpace, discretize, get_space

DARTS = [f'darts_s{i}' for i in range(5)]


def random_weights(space, seed):
    """Softmax over the candidates of each edge, zero beyond them."""
    generator = torch.Generator().manual_seed(seed)
    weights = {}
    for kind, graph in space.cells.items():
        alpha = torch.randn(len(graph.edges), graph.max_ops, generator=generator)
        for row, ops in zip(alpha, graph.ops):
            row[len(ops) :] = -torch.inf
        weights[kind] = alpha.softmax(dim=1)
    return weights


def naive_darts(graph, weights):
    """For each node: the two edges with the largest weight that is not of ``none``, its operation on each."""
    nodes, start = [], 0
    for node in range(2, 6):
        rows = np.asarray(weights[start : start + node], dtype=np.float64)
        names = graph.ops[start : start + node]
        start += node
        for row, ops in zip(rows, names):
            row[len(ops) :] = -1
            if 'none' in ops:
                row[ops.index('none')] = -1
        chosen = np.sort(np.argsort(-rows.max(axis=1), kind='stable')[:2])
        nodes.append(tuple((names[source][rows[source].argmax()], int(source)) for source in chosen))
    return tuple(nodes)


@pytest.mark.parametrize('name', DARTS)
def test_darts_rule_equals_the_naive_one(name):
    space = get_space(name)
    for seed in range(100):
        weights = random_weights(space, seed)
        genotype = discretize(space, weights)
        space.validate(genotype)
        for kind, graph in space.cells.items():
            assert genotype.cells[kind].nodes == naive_darts(graph, weights[kind])
            assert genotype.cells[kind].concat == (2, 3, 4, 5)
            assert genotype.cells[kind].count('none') == 0


def test_none_is_never_derived_by_darts_however_strong():
    space = get_space('s0')
    weights = random_weights(space, 0)
    loud = {kind: w * 1e-3 + torch.eye(8)[0] * 0.999 for kind, w in weights.items()}
    assert discretize(space, loud) == discretize(space, weights)


def test_nasbench201_keeps_every_edge_and_may_derive_none():
    space = get_space('nasbench201')
    (graph,) = space.cells.values()
    seen = set()
    for seed in range(50):
        (weights,) = random_weights(space, seed).values()
        (cell,) = discretize(space, dict(cell=weights)).cells.values()
        expected = [(graph.ops[e][int(row.argmax())], graph.edges[e][1]) for e, row in enumerate(weights)]
        assert [edge for node in cell.nodes for edge in node] == expected
        seen |= {op for op, _ in expected}
    assert seen == set(graph.ops[0])


def test_excluding_none_overrides_the_rule_of_the_space():
    space = get_space('nasbench201')
    none = space.cells['cell'].ops[0].index('none')
    weights = torch.full((6, 5), 0.1)
    weights[:, none] = 0.6
    weights[torch.arange(6), torch.tensor([1, 2, 3, 4, 1, 2])] = 0.2
    assert discretize(space, dict(cell=weights)).cells['cell'].count('none') == 6
    without = discretize(space, dict(cell=weights), exclude_none=True)
    ops = space.cells['cell'].ops[0]
    assert [op for node in without.cells['cell'].nodes for op, _ in node] == [ops[k] for k in (1, 2, 3, 4, 1, 2)]
    s3 = get_space('s3')
    weights = {kind: torch.tensor([0.6, 0.3, 0.1]).repeat(14, 1) for kind in s3.cells}
    assert discretize(s3, weights, exclude_none=False).cells['normal'].count('none') == 8
    assert discretize(s3, weights, exclude_none=True).cells['normal'].count('skip_connect') == 8


def test_ties_go_to_the_earlier_edge_and_operation():
    space = get_space('s0')
    genotype = discretize(space, {kind: torch.full((14, 8), 0.125) for kind in space.cells})
    for cell in genotype.cells.values():
        assert cell.nodes == ((('max_pool_3x3', 0), ('max_pool_3x3', 1)),) * 4


def test_the_weakest_operation_of_a_strong_edge_counts_for_nothing():
    # Edge 0 has the larger sum and mean, edges 1 and 2 the larger maxima.
    graph = CellGraph(2, ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2)), (('a', 'b'),) * 5, (3,))
    weights = torch.tensor([[1.0, 0], [1.0, 0], [0.5, 0.5], [0.6, 0.0], [0.0, 0.7]])
    genotype = discretize(CellSpace('tiny', dict(cell=graph), keep=2), dict(cell=weights))
    assert genotype.cells['cell'].nodes[1] == (('a', 1), ('b', 2))


def test_edges_with_strengths_of_their_own_are_ranked_by_them():
    graph = CellGraph(2, ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2)), (('a', 'b'),) * 5, (3,))
    weights = torch.tensor([[1.0, 0], [1.0, 0], [0.9, 0.1], [0.2, 0.8], [0.0, 0.7]])
    space = CellSpace('ranked', dict(cell=graph), keep=1)
    strengths = torch.tensor([0.1, 0.2, 0.3, 0.5, 0.4])
    genotype = discretize(space, dict(cell=weights), edges=dict(cell=strengths))
    assert genotype.cells['cell'].nodes == ((('a', 1),), (('b', 1),))
    assert discretize(space, dict(cell=weights)).cells['cell'].nodes == ((('a', 0),), (('a', 0),))
    with pytest.raises(ValueError, match=r"cell 'cell' must have the shape \(5,\), got \(4,\)"):
        discretize(space, dict(cell=weights), edges=dict(cell=strengths[:4]))


def test_skips_are_counted_only_where_there_are_some():
    space = CellSpace('bare', dict(cell=CellGraph.dense(1, 1, ['a', 'b'])), skip_op=None)
    weights = dict(cell=torch.tensor([[0.4, 0.6]]))
    assert discretize(space, weights).cells['cell'].nodes == ((('b', 0),),)
    with pytest.raises(ValueError, match='max_skips=1 counts skip connections, and space bare has none'):
        discretize(space, weights, max_skips=1)


def test_what_stands_beyond_the_candidates_is_not_looked_at():
    graph = CellGraph(1, ((1, 0), (2, 0), (2, 1)), (('a',), ('a', 'b', 'c'), ('a', 'b')), (2,))
    weights = torch.tensor([[0.1, 0.9, 0.9], [0.3, 0.2, 0.5], [0.1, 0.2, 0.9]])
    genotype = discretize(CellSpace('ragged', dict(cell=graph)), dict(cell=weights))
    assert genotype.cells['cell'].nodes == ((('a', 0),), (('c', 0), ('b', 1)))


def test_weights_are_left_alone_and_macro_is_kept():
    space = CellSpace('deep', dict(cell=CellGraph.dense(1, 1, ['a', 'b'])), macro=dict(depth=3))
    weights = torch.tensor([[0.4, 0.6]], requires_grad=True)
    assert discretize(space, dict(cell=weights)).macro == dict(depth=3)
    assert torch.equal(weights.detach(), torch.tensor([[0.4, 0.6]]))


@pytest.mark.parametrize('value', [torch.nan, torch.inf, -torch.inf])
def test_weights_of_a_diverged_search_are_refused(value):
    space = get_space('s0')
    weights = random_weights(space, 0)
    weights['reduce'][13, 7] = value
    with pytest.raises(ValueError, match="cell 'reduce' are not finite; the search has diverged"):
        discretize(space, weights)


@pytest.mark.parametrize('shape', [(13, 8), (15, 8), (14, 7), (14,), (14, 8, 1)])
def test_weights_of_another_shape_are_refused(shape):
    space = get_space('s0')
    weights = dict(random_weights(space, 0), normal=torch.ones(shape))
    with pytest.raises(ValueError, match=r"cell 'normal' must have the shape \(14, 8\), got"):
        discretize(space, weights)


def test_an_edge_that_offers_nothing_is_refused():
    space = CellSpace('void', dict(cell=CellGraph.dense(1, 1, ['none'])))
    assert discretize(space, dict(cell=torch.ones(1, 1))).cells['cell'].count('none') == 1
    with pytest.raises(ValueError, match=r"edge 0->1 has only operations that are never derived: \['none'\]"):
        discretize(space, dict(cell=torch.ones(1, 1)), exclude_none=True)
