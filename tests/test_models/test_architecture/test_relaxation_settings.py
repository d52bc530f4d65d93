"""What a relaxation is unless told, how open it says that a choice is, and where its gradients come from."""

import math
from typing import Any

import pytest
import torch

from mmnas_mae.models import (
    ConcreteRelaxation,
    GumbelRelaxation,
    SigmoidRelaxation,
    SoftmaxRelaxation,
    TopTwoRelaxation,
    UniformPathRelaxation,
)
from mmnas_mae.spaces import CellGraph

#: A node with two edges, and one with three.
GRAPH = CellGraph(2, ((2, 0), (2, 1), (3, 0), (3, 1), (3, 2)), (('a', 'b'),) * 5, (2, 3))


@pytest.mark.parametrize(
    'relaxation, tau, expected',
    [
        # As the papers have them; ROME leaves its temperature open.
        (SoftmaxRelaxation(), None, dict(runs_all=True, on_simplex=True, adds_undrawn=False, draws_edges=False)),
        (SigmoidRelaxation(), None, dict(runs_all=True, on_simplex=False, adds_undrawn=False, draws_edges=False)),
        (ConcreteRelaxation(), 1.0, dict(runs_all=True, on_simplex=False, adds_undrawn=False, draws_edges=False)),
        (GumbelRelaxation(), 10.0, dict(runs_all=False, on_simplex=False, adds_undrawn=False, draws_edges=False)),
        (TopTwoRelaxation(), 10.0, dict(runs_all=False, draws_edges=True, edges=2)),
        (UniformPathRelaxation(), None, dict(runs_all=False, on_simplex=False, edges=None, joint=False)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_relaxation_is_unless_told(relaxation: Any, tau: Any, expected: dict) -> None:
    found = {name: getattr(relaxation, name) for name in expected}
    assert found == expected
    assert relaxation.temperature is None if tau is None else float(relaxation.temperature) == tau
    assert (relaxation.samples, relaxation.init_mean, relaxation.regularizer) == (1, 0.0, None)


def test_a_softmax_is_as_open_as_its_entropy_of_the_largest_one() -> None:
    weights = torch.tensor([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.9, 0.1, 0.0], [0.5, 0.25, 0.25], [1.0, 0.0, 0.0]])
    valid = torch.tensor([[1, 1, 0], [1, 1, 0], [1, 1, 0], [1, 1, 1], [1, 0, 0]], dtype=torch.bool)
    nine = -(0.9 * math.log(0.9) + 0.1 * math.log(0.1)) / math.log(2)
    # An edge with one candidate has nothing to decide.
    expected = [1.0, 0.0, nine, 1.5 * math.log(2) / math.log(3), 0.0]
    assert SoftmaxRelaxation().undecided(weights, valid).tolist() == pytest.approx(expected, abs=1e-6)


def test_a_sigmoid_is_as_open_as_the_yes_or_no_of_each_candidate() -> None:
    weights = torch.tensor([[0.5, 0.5, 0.5], [1.0, 0.0, 0.0], [0.9, 0.5, 0.0]])
    valid = torch.tensor([[1, 1, 1], [1, 1, 1], [1, 1, 0]], dtype=torch.bool)
    nine = -(0.9 * math.log2(0.9) + 0.1 * math.log2(0.1))
    found = SigmoidRelaxation().undecided(weights, valid)
    assert found.tolist() == pytest.approx([1.0, 0.0, (nine + 1) / 2], abs=1e-5)


def test_the_weights_of_a_softmax_are_those_of_its_temperature() -> None:
    alpha, valid = torch.tensor([[1.0, 3.0, 7.0]]), torch.tensor([[True, True, False]])
    for tau in (None, 0.5, 2.0):
        ratio = math.exp(2 / (tau or 1))
        expected = [1 / (1 + ratio), ratio / (1 + ratio), 0.0]
        assert SoftmaxRelaxation(tau).weights(alpha, valid)[0].tolist() == pytest.approx(expected, rel=1e-6)


def test_a_node_with_no_more_edges_than_are_kept_asks_nothing_of_beta(seed: int) -> None:
    alpha, valid = torch.zeros(5, 2), torch.ones(5, 2, dtype=torch.bool)
    beta = torch.zeros(5, requires_grad=True)
    torch.manual_seed(seed)
    weights, active = TopTwoRelaxation()(alpha, valid, GRAPH, beta)
    (grad,) = torch.autograd.grad((weights * torch.randn(5, 2)).sum(), beta)
    assert grad[:2].tolist() == [0.0, 0.0]
    assert bool((grad[2:] != 0).any())
    assert [bool(ops) for ops in active[:2]] == [True, True]
    assert sum(bool(ops) for ops in active[2:]) == 2


def test_setn_runs_a_path_unless_alpha_is_asked_for() -> None:
    alpha, valid = torch.tensor([[0.3, -0.2]] * 5), torch.ones(5, 2, dtype=torch.bool)
    relaxation = UniformPathRelaxation(joint=True)
    weights, active = relaxation(alpha, valid, GRAPH)
    assert all(len(ops) == 1 for ops in active)
    assert set(weights.flatten().tolist()) == {0.0, 1.0}
    weights, active = relaxation(alpha, valid, GRAPH, alpha_step=True)
    assert active is None
    assert torch.equal(weights, alpha.softmax(1))


def test_one_edge_for_each_node_is_enough() -> None:
    alpha, valid = torch.zeros(5, 2), torch.ones(5, 2, dtype=torch.bool)
    _, active = UniformPathRelaxation(edges=1)(alpha, valid, GRAPH)
    assert [sum(bool(ops) for ops in part) for part in (active[:2], active[2:])] == [1, 1]
