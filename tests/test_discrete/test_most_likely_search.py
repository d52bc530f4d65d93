"""The selection of SETN: the architectures that alpha makes most likely."""

import random

import pytest
import torch

from mmnas_mae.discrete import Evaluator, MostLikelySearch, most_likely
from mmnas_mae.models import CellArchitecture
from mmnas_mae.spaces import get_space


def count_skips(genotype):
    return sum(cell.count('skip_connect') for cell in genotype.cells.values())


def test_the_most_likely_architectures_are_exact():
    torch.manual_seed(3)
    arch = CellArchitecture('nasbench201')
    with torch.no_grad():
        arch.alphas['cell'].normal_()
    weights = arch.weights()
    log_p = weights['cell'].detach().log()
    space = arch.space

    def log_prob(genotype):
        (graph,) = space.cells.values()
        ops = dict(zip(graph.edges, zip(range(6), graph.ops)))
        total = 0.0
        for node, edges in enumerate(genotype.cells['cell'].nodes, 1):
            for op, source in edges:
                e, names = ops[node, source]
                total += float(log_p[e, names.index(op)])
        return total

    ranked = sorted(space.enumerate(), key=log_prob, reverse=True)
    found = most_likely(space, weights, 100)
    assert [space.format(g) for g in found] == [space.format(g) for g in ranked[:100]]
    assert found[0] == arch.genotype()


def test_the_most_likely_darts_cell_is_the_derived_one():
    arch = CellArchitecture('darts_s0', init_std=1.0)
    (first, second) = most_likely(arch.space, arch.weights(), 2)
    # DARTS ranks edges by their best operation, SETN by the product: alike where no `none` interferes.
    arch.space.validate(second)
    assert first != second
    assert first == arch.genotype()


def test_setn_scores_the_most_likely_in_order():
    arch, space = CellArchitecture('nasbench201', init_std=1.0), get_space('nasbench201')
    evaluate = Evaluator(space, count_skips)
    best = MostLikelySearch(7)(space, evaluate, random.Random(0), arch)
    assert [e.genotype for e in evaluate.history] == most_likely(space, arch.weights(), 7)
    assert best.score == max(e.score for e in evaluate.history)
    with pytest.raises(ValueError, match='needs the architecture parameters of a trained search over cells, got none'):
        MostLikelySearch(7)(space, evaluate, random.Random(0))
