"""The cost that is expected of an open architecture."""

import random

import pytest
import torch

from mmnas_mae.costs import EdgeCosts, ExpectedCost
from mmnas_mae.models.architecture.fixed import child_weights
from mmnas_mae.spaces import discretize, get_space

SPACES = ('darts_s0', 'darts_s2', 'darts_s0_all_edges', 'darts_s0_pairs', 'nasbench201', 'transnas101_micro')
METRICS = ('params', 'macs')


def expectation(name, **at):
    space = get_space(name)
    costs = EdgeCosts(space.random_genotype(random.Random(0)), at)
    return space, costs, ExpectedCost(space, costs, METRICS)


@pytest.mark.parametrize('name', SPACES)
def test_at_the_weights_of_a_genotype_it_is_its_cost(name):
    """The sum itself is that of counting the network: test_edge_costs."""
    space, costs, expected = expectation(name, image_size=64)
    generator = random.Random(0)
    for _ in range(100):
        genotype = space.random_genotype(generator)
        ones = {k: torch.ones(len(graph.edges), graph.max_ops) for k, graph in space.cells.items()}
        weights = {kind: w.ops for kind, w in child_weights(space, genotype, ones).items()}
        assert {name: float(cost) for name, cost in expected(weights).items()} == costs.cost(genotype)


@pytest.mark.parametrize('name', ['darts_s0', 'nasbench201'])
def test_at_one_hot_alphas_it_is_the_cost_of_what_they_derive(name):
    """Where edges are left out they carry ``none``."""
    space, costs, expected = expectation(name)
    generator = random.Random(1)
    for _ in range(100):
        genotype = space.random_genotype(generator)
        alphas = {}
        for kind, graph in space.cells.items():
            alphas[kind] = torch.zeros(len(graph.edges), graph.max_ops)
            for e, (node, source) in enumerate(graph.edges):
                ops = {s: op for op, s in genotype.cells[kind].nodes[node - graph.num_inputs]}
                alphas[kind][e, graph.ops[e].index(ops.get(source, 'none'))] = 200.0
        weights = {kind: alpha.softmax(1) for kind, alpha in alphas.items()}
        assert discretize(space, weights) == genotype
        assert {name: float(cost) for name, cost in expected(weights).items()} == costs.cost(genotype)


@pytest.mark.parametrize('name', SPACES)
def test_its_gradient_is_that_of_finite_differences(name):
    space, _, expected = expectation(name, image_size=64)
    alphas = [
        torch.randn(len(graph.edges), graph.max_ops, dtype=torch.float64, requires_grad=True)
        for graph in space.cells.values()
    ]

    def cost(*alphas):
        total = expected({kind: alpha.softmax(1) for kind, alpha in zip(space.cells, alphas)})
        # In millions, near one.
        return total['macs'] / 1e6, total['params'] / 1e6

    assert torch.autograd.gradcheck(cost, alphas, eps=1e-6, atol=1e-6, rtol=1e-5)


def test_a_node_shares_the_operations_that_it_keeps():
    """By hand: the first node of a cell keeps both edges, the second two of three."""
    space, costs, expected = expectation('darts_s0')
    weights = {kind: torch.zeros(14, 8) for kind in space.cells}
    sep, skip, none = (space.cells['normal'].ops[0].index(op) for op in ('sep_conv_3x3', 'skip_connect', 'none'))
    for rows in weights.values():
        rows[:, skip] = 1.0
    cheap = expected(weights)['params']
    normal = weights['normal']
    normal[0] = torch.tensor([0.5, 0, 0, 0.25, 0.25, 0, 0, 0])
    sep_params = costs.edge('normal', 0, 'sep_conv_3x3')['params']
    # The first edge has half of its weight in none, so that the node has 1.5 to share 2 operations by.
    assert float(expected(weights)['params'] - cheap) == pytest.approx(2 * 0.25 / 1.5 * sep_params)
    normal[0] = torch.eye(8)[skip]
    normal[2] = torch.eye(8)[sep]
    assert float(expected(weights)['params'] - cheap) == pytest.approx(2 / 3 * sep_params)


def test_strengths_of_edges_multiply_those_of_operations():
    space, costs, expected = expectation('darts_s0')
    weights = {kind: torch.rand(14, 8) for kind in space.cells}
    edges = {kind: torch.rand(14) for kind in space.cells}
    product = {kind: weights[kind].double() * edges[kind].double().unsqueeze(1) for kind in space.cells}
    assert float(expected(weights, edges)['macs']) == pytest.approx(float(expected(product)['macs']), rel=1e-12)
