"""Alpha over the cells of NAS-Bench-101, against all of them."""

import math
from itertools import product

import pytest
import torch
from nasbench101_cells import draw_alphas, random_specs

from mmnas_mae.models.networks.nasbench101_architecture import NASBench101Architecture
from mmnas_mae.spaces import NASBENCH101_OPS, enumerate_unique
from mmnas_mae.spaces.nasbench101 import to_spec


def log_likelihood(arch, spec):
    """By definition, not normalised."""
    size, places = len(spec.ops), arch.space.max_vertices
    alphas = arch.alphas['edges'].detach()
    edges = [
        float(alphas[arch.pair_index[s, t if t < size - 1 else places - 1]])
        for s, t in product(range(size), range(size))
        if spec.matrix[s][t]
    ]
    ops = arch.alphas['ops'].detach().log_softmax(-1)
    return sum(edges) + sum(float(ops[v - 1, NASBENCH101_OPS.index(op)]) for v, op in enumerate(spec.ops[1:-1], 1))


def labelled_cells(arch):
    for graph in arch.graphs:
        for labels in product(range(3), repeat=len(graph.matrix) - 2):
            yield graph.spec(labels)


def test_most_likely_cell_and_probabilities_against_all_cells():
    arch = NASBench101Architecture(dict(type='nasbench101', max_vertices=5))
    generator = torch.Generator().manual_seed(0)
    for _ in range(3):
        draw_alphas(arch, generator)
        cells = {spec: math.log(3) * (len(spec.ops) - 2) + log_likelihood(arch, spec) for spec in labelled_cells(arch)}
        assert to_spec(arch.genotype()) == max(cells, key=cells.get)
        total = torch.tensor(list(cells.values())).logsumexp(0)
        probability = {spec: math.exp(value - total) for spec, value in cells.items()}
        entropy = -sum(p * math.log(p) for p in probability.values())
        assert arch.entropy() == pytest.approx(entropy / math.log(len(cells)), rel=1e-4)
        for row, graph in enumerate(arch.graphs):
            expected = sum(p for spec, p in probability.items() if spec.matrix == graph.matrix)
            assert arch.weights()['graphs'][row].item() == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_without_preference_every_labelled_cell_is_equally_likely():
    arch = NASBench101Architecture(dict(type='nasbench101', max_vertices=4), init_std=0.0)
    assert arch.entropy() == pytest.approx(1.0, abs=1e-6)
    generator = torch.Generator().manual_seed(0)
    cells = list(labelled_cells(arch))
    counts = dict.fromkeys(cells, 0)
    for _ in range(100 * len(cells)):
        counts[arch.draw(generator)[0]] += 1
    assert all(abs(count - 100) < 50 for count in counts.values())
    assert {spec.hash() for spec in cells} == {spec.hash() for spec in enumerate_unique(4)}


def test_architecture_can_express_any_cell():
    arch = NASBench101Architecture()
    for spec in random_specs(5, seed=2):
        size = len(spec.ops)
        arch.alphas['edges'].data.fill_(-20.0)
        for s, t in product(range(size), range(size)):
            if spec.matrix[s][t]:
                arch.alphas['edges'].data[arch.pair_index[s, t if t < size - 1 else 6]] = 20.0
        for v, op in enumerate(spec.ops[1:-1]):
            arch.alphas['ops'].data[v] = torch.eye(3)[NASBENCH101_OPS.index(op)] * 50
        # Cells come as the benchmark lists them, so the very matrix is found.
        assert to_spec(arch.genotype()) == spec
        assert arch.draw()[0] == spec


def test_diverged_architecture_is_an_error():
    arch = NASBench101Architecture()
    arch.alphas['ops'].data[0, 0] = float('nan')
    with pytest.raises(ValueError, match='not finite; the search has diverged'):
        arch.genotype()
