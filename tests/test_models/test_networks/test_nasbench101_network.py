import json
import random

import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
from nasbench101_cells import SPACE, TINY, count_parameters, random_specs

from mmnas_mae.models.networks.nasbench101_network import (
    NASBench101Network,
    compute_vertex_channels,
    run_cell,
)
from mmnas_mae.spaces import NASBENCH101_OPS, ModelSpec
from mmnas_mae.spaces.nasbench101 import to_genotype, to_spec

C3, C1, POOL = NASBENCH101_OPS
EXAMPLE = '02001|100110100001001010101'
# 1 feeds 3; 2, 3 and the input feed the output.
MIXED = '012|1101010011'


def built_parameters(*args, **kwargs):
    with torch.device('meta'):
        return sum(p.numel() for p in NASBench101Network(*args, **kwargs).parameters())


@pytest.mark.parametrize('name, expected', [('example', 8555530), ('inception_like', 2694282)])
def test_parameters_of_the_oracles(data_file, name, expected):
    oracle = json.loads(data_file('oracles.json').read_text())['nasbench101'][name]
    assert oracle['params'] == expected
    assert built_parameters(dict(matrix=oracle['matrix'], ops=oracle['ops'])) == expected
    assert count_parameters(SPACE.spec(oracle)) == expected


def test_parameters_of_every_row_of_the_table(data_file):
    table = pq.read_table(data_file('nb101_20k.parquet')).to_pydict()
    wrong = [
        (ops, bits)
        for ops, bits, expected in zip(table['ops'], table['matrix_upper'], table['params'])
        if count_parameters(SPACE.spec(f'{ops}|{bits}')) != expected
    ]
    assert len(table['params']) == 20000
    assert wrong == []


def test_count_parameters_equals_the_built_network():
    generator = random.Random(1)
    for spec in random_specs(30):
        macro = dict(
            num_classes=generator.randint(1, 20),
            stem_channels=generator.randint(5, 40),
            num_stacks=generator.randint(1, 4),
            num_modules_per_stack=generator.randint(1, 4),
        )
        assert count_parameters(spec, **macro) == built_parameters(spec, **macro)


def test_every_form_of_a_cell_gives_the_same_network(tmp_path):
    spec = to_spec(EXAMPLE)
    genotype = to_genotype(spec)
    genotype.save(tmp_path / 'genotype.json')
    forms = [spec, genotype, genotype.to_dict(), EXAMPLE, dict(matrix=spec.matrix, ops=spec.ops)]
    for form in [*forms, tmp_path / 'genotype.json', str(tmp_path / 'genotype.json')]:
        assert built_parameters(form) == 8555530
    with pytest.raises(FileNotFoundError, match=r'missing\.json'):
        NASBench101Network('missing.json')


def test_vertex_channels():
    # Three vertices share 128 channels, the rest goes to the first ones.
    shared = ((0, 1, 1, 1, 0), (0, 0, 0, 0, 1), (0, 0, 0, 0, 1), (0, 0, 0, 0, 1), (0,) * 5)
    assert compute_vertex_channels(ModelSpec(shared, ('input', C3, C3, C3, 'output')), 64, 128) == (64, 43, 43, 42, 128)
    # Vertex 1 feeds 2 (43 channels) and 4 (42): it has the wider of both.
    matrix = [[0] * 6 for _ in range(6)]
    for s, t in ((0, 1), (1, 2), (1, 4), (0, 3), (2, 5), (3, 5), (4, 5)):
        matrix[s][t] = 1
    spec = ModelSpec(matrix, ('input', C3, C3, C3, C3, 'output'))
    assert compute_vertex_channels(spec, 64, 128) == (64, 43, 43, 43, 42, 128)
    assert compute_vertex_channels(to_spec('|1'), 64, 128) == (64, 128)
    with pytest.raises(ValueError, match='3 vertices cannot share 2 channels; raise stem_channels'):
        NASBench101Network(ModelSpec(shared, ('input', C3, C3, C3, 'output')), stem_channels=2)


def test_run_cell_sums_cuts_projects_and_concatenates():
    # 0->1, 0->2, 1->2, 0->3, 1->4, 2->4, 3->4, 0->4; 1, 2 and 3 share 7 channels as 3, 2 and 2.
    matrix = [[0] * 5 for _ in range(5)]
    for s, t in ((0, 1), (0, 2), (1, 2), (0, 3), (1, 4), (2, 4), (3, 4), (0, 4)):
        matrix[s][t] = 1
    spec = ModelSpec(matrix, ('input', C3, C3, C3, 'output'))
    channels = compute_vertex_channels(spec, 5, 7)
    assert channels == (5, 3, 2, 2, 7)

    def project(t, x):
        return torch.arange(1.0, channels[t] + 1).view(1, -1, 1, 1) * 10**t

    def operate(t, x):
        return x + 0.5

    out = run_cell(spec, channels, torch.zeros(1, 5, 1, 1), project, operate).flatten()
    one = torch.tensor([10.5, 20.5, 30.5])
    two = torch.tensor([100.0, 200.0]) + one[:2] + 0.5
    three = torch.tensor([1000.5, 2000.5])
    assert torch.equal(out, torch.cat([one, two, three]) + torch.arange(1.0, 8.0) * 10**4)


def test_network_equals_its_formula():
    # One module, input -> conv1x1 -> output beside input -> output.
    network = NASBench101Network('1|111', stem_channels=6, num_stacks=1, num_modules_per_stack=1)
    x = torch.randn(4, 3, 8, 8)

    def layer(x, unit, padding=0):
        x = F.conv2d(x, unit.conv.weight, padding=padding)
        mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), unbiased=False, keepdim=True)
        return ((x - mean) / (var + 1e-5).sqrt()).clamp_min(0)

    module = network.stacks[0][0]
    stem = layer(x, network.stem, padding=1)
    out = layer(layer(stem, module.projections['1']), module.ops[0]) + layer(stem, module.projections['2'])
    expected = out.mean((2, 3)) @ network.classifier.weight.T + network.classifier.bias
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-5)


def test_normalisation_keeps_as_much_as_the_benchmark():
    network = NASBench101Network('|1', **TINY)
    x = torch.randn(4, 3, 8, 8)
    network(x)
    mean = network.stem.conv(x).mean((0, 2, 3))
    torch.testing.assert_close(network.stem.bn.running_mean, 0.003 * mean)
    assert {m.eps for m in network.modules() if isinstance(m, torch.nn.BatchNorm2d)} == {1e-5}


def test_features_are_the_stacks_and_feed_the_logits():
    network = NASBench101Network(MIXED, num_classes=4, **TINY).eval()
    features = network.forward_features(torch.randn(2, 3, 16, 16))
    assert [tuple(f.shape[1:]) for f in features] == [(7, 16, 16), (14, 8, 8), (28, 4, 4)]
    assert (network.out_channels, network.out_strides) == ((7, 14, 28), (1, 2, 4))
    x = torch.randn(2, 3, 16, 16)
    expected = network.classifier(network.forward_features(x)[-1].mean((2, 3)))
    torch.testing.assert_close(network(x), expected)


@pytest.mark.parametrize('name', ['stem_channels', 'num_stacks', 'num_modules_per_stack'])
def test_impossible_skeletons_are_refused(name):
    with pytest.raises(ValueError, match=f'{name} must be a whole number of at least 1, got 0'):
        NASBench101Network('|1', **{**TINY, name: 0})


def test_initial_weights_have_the_variance_of_the_benchmark():
    network = NASBench101Network('0|101', stem_channels=64, num_stacks=1, num_modules_per_stack=1)
    weight = network.stacks[0][0].ops[0].conv.weight
    assert weight.var().item() == pytest.approx(1 / (64 * 9), rel=0.03)
