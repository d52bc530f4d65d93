import json
import math
import random
from itertools import product

import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
from nasbench101_parameters import count_parameters

from mmnas_mae.models import Visibility
from mmnas_mae.models.networks.nasbench101_architecture import NASBench101Architecture
from mmnas_mae.models.networks.nasbench101_network import (
    NASBench101Network,
    compute_vertex_channels,
    run_cell,
)
from mmnas_mae.models.networks.nasbench101_supernet import NASBench101Supernet
from mmnas_mae.registry import MODELS
from mmnas_mae.spaces import NASBENCH101_OPS, ModelSpec, NASBench101Space, enumerate_unique
from mmnas_mae.spaces.nasbench101 import to_genotype, to_spec

SPACE = NASBench101Space()
C3, C1, POOL = NASBENCH101_OPS
TINY = dict(stem_channels=7, num_stacks=3, num_modules_per_stack=2)
EXAMPLE = '02001|100110100001001010101'
# 1 feeds 3; 2, 3 and the input feed the output.
MIXED = '012|1101010011'


def random_specs(count, seed=0):
    generator = random.Random(seed)
    return [SPACE.spec(SPACE.random_genotype(generator)) for _ in range(count)]


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
    with pytest.raises(ValueError, match=f'{name} must be at least 1, got 0'):
        NASBench101Network('|1', **{**TINY, name: 0})


def test_initial_weights_have_the_variance_of_the_benchmark():
    network = NASBench101Network('0|101', stem_channels=64, num_stacks=1, num_modules_per_stack=1)
    weight = network.stacks[0][0].ops[0].conv.weight
    assert weight.var().item() == pytest.approx(1 / (64 * 9), rel=0.03)


def inherit(network, supernet):
    """Copies the leading channels of the shared weights into a stand-alone network."""

    def copy(target, source):
        shape = target.conv.weight.shape
        target.conv.weight.data.copy_(source.conv.weight[: shape[0], : shape[1]])

    copy(network.stem, supernet.stem)
    last = str(len(network.spec.ops) - 1)
    for stack, shared_stack in zip(network.stacks, supernet.stacks):
        for module, shared in zip(stack, shared_stack):
            for t, projection in module.projections.items():
                copy(projection, shared.projections[-1 if t == last else int(t) - 1])
            for t, op in enumerate(module.ops, 1):
                if network.spec.ops[t] != POOL:
                    copy(op, shared.convs[t - 1][network.spec.ops[t]])


def test_supernet_runs_any_cell_as_its_own_network():
    supernet = NASBench101Supernet(**TINY)
    x = torch.randn(4, 3, 8, 8)
    with torch.no_grad():
        for spec in [*random_specs(12), *(to_spec(text) for text in ('|1', '1|111', MIXED, EXAMPLE))]:
            network = NASBench101Network(spec, **TINY)
            inherit(network, supernet)
            with supernet.arch.fixed(spec):
                features = supernet(x)
            for inherited, alone in zip(features, network.forward_features(x)):
                torch.testing.assert_close(inherited, alone)


def test_supernet_scores_with_batch_statistics_of_the_cells():
    supernet = NASBench101Supernet(**TINY).eval()
    assert all(not m.track_running_stats and not m.affine for m in _cell_norms(supernet))
    assert (supernet.out_channels, supernet.out_strides) == ((7, 14, 28), (1, 2, 4))


def _cell_norms(supernet):
    return [m for m in supernet.stacks.modules() if isinstance(m, torch.nn.BatchNorm2d)]


def test_supernet_parameters():
    supernet = NASBench101Supernet(**TINY)
    arch = sum(p.numel() for p in supernet.arch.parameters())
    assert arch == 21 + 5 * 3
    modules = [(7, 7), (7, 7), (7, 14), (14, 14), (14, 28), (28, 28)]
    expected = sum(50 * c * c + 6 * before * c for before, c in modules)
    assert sum(p.numel() for p in supernet.stacks.parameters()) == expected
    assert sum(p.numel() for p in supernet.parameters()) == expected + 3 * 7 * 9 + 2 * 7 + arch


def test_supernet_is_built_from_a_config_and_says_what_it_refuses():
    built = MODELS.build(dict(type='mmnas_mae.NASBench101Supernet', space=dict(type='nb101', max_vertices=5), **TINY))
    assert len(built.stacks[0][0].convs) == 3
    with (
        pytest.raises(ValueError, match=r'space nasbench101: 7 vertices after pruning, at most 5'),
        built.arch.fixed(to_spec(EXAMPLE)),
    ):
        pass
    with pytest.raises(ValueError, match='stem_channels must be at least 5, one for each vertex, got 4'):
        NASBench101Supernet(stem_channels=4)
    with pytest.raises(ValueError, match="needs the space nasbench101, got 'darts_s0'"):
        NASBench101Supernet(space='darts_s0')


def test_sparse_masking_hides_every_output_and_the_masked_pixels():
    supernet = NASBench101Supernet(**TINY)
    mask = torch.zeros(2, 1, 16, 16)
    mask[:, :, :8, :] = 1
    x = torch.randn(2, 3, 16, 16)
    for spec in random_specs(4):
        with supernet.arch.fixed(spec):
            features = supernet(x * (1 - mask), Visibility(mask))
        for feature in features:
            half = feature.shape[2] // 2
            assert torch.all(feature[:, :, :half] == 0)
            assert feature[:, :, half:].abs().sum() > 0


def alphas_of(arch, generator):
    for alpha in arch.alphas.values():
        alpha.data.copy_(torch.randn(alpha.shape, generator=generator))


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
        alphas_of(arch, generator)
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


def test_gates_change_no_value_and_pass_the_gradient_of_the_probabilities():
    supernet = NASBench101Supernet(**TINY)
    alphas_of(supernet.arch, torch.Generator().manual_seed(0))
    x = torch.randn(4, 3, 8, 8)
    with supernet.arch.in_alpha_step():
        torch.manual_seed(5)
        spec, gates = supernet.arch.draw()
        torch.manual_seed(5)
        features = supernet(x)
    with supernet.arch.fixed(to_genotype(spec)):
        alone = supernet(x)
    for gated, plain in zip(features, alone):
        assert torch.equal(gated, plain)

    leaves = {key: torch.ones((), requires_grad=True) for key in gates}
    run = supernet.run(x, None, lambda module, x: module(x, spec, leaves))
    sum(f.square().mean() for f in run).backward()
    # The chain rule by hand: dL/dgate times the derivative of the marginal probability.
    edges, ops = (alpha.detach().double().requires_grad_() for alpha in supernet.arch.alphas.values())
    sizes = supernet.arch.vertices.double().sum(1) * math.log(3)
    marginals = (supernet.arch.edges.double() @ edges + sizes).softmax(0) @ supernet.arch.edges.double()
    last = len(spec.ops) - 1
    linear = 0
    for key, leaf in leaves.items():
        if isinstance(key, tuple):
            place = key[0], 6 if key[1] == last else key[1]
            linear = linear + float(leaf.grad) * marginals[supernet.arch.pair_index[place]]
        else:
            label = NASBENCH101_OPS.index(spec.ops[key])
            linear = linear + float(leaf.grad) * ops.softmax(-1)[key - 1, label]
    linear.backward()

    sum(f.square().mean() for f in features).backward()
    got = supernet.arch.alphas
    assert got['edges'].grad.abs().max() > 1e-6
    torch.testing.assert_close(got['edges'].grad.double(), edges.grad, rtol=1e-3, atol=1e-7)
    torch.testing.assert_close(got['ops'].grad.double(), ops.grad, rtol=1e-3, atol=1e-7)


def test_training_draws_cells_and_evaluation_runs_the_most_likely_one():
    supernet = NASBench101Supernet(**TINY)
    x = torch.randn(4, 3, 8, 8)
    assert supernet.arch.draw()[1] is None
    with torch.no_grad():
        assert not torch.equal(supernet(x)[-1], supernet(x)[-1])
        torch.manual_seed(1)
        first = supernet(x)[-1]
        torch.manual_seed(1)
        assert torch.equal(supernet(x)[-1], first)
        supernet.eval()
        most_likely = supernet(x)[-1]
        with supernet.arch.fixed(supernet.arch.genotype()):
            assert torch.equal(supernet(x)[-1], most_likely)


def test_weights_outside_the_cell_get_no_gradient():
    supernet = NASBench101Supernet(**TINY)
    with supernet.arch.fixed(supernet.arch.space.parse('0|101')):
        features = supernet(torch.randn(4, 3, 8, 8))
    sum(f.square().sum() for f in features).backward()
    shared = supernet.stacks[0][0]
    assert shared.convs[0][C3].conv.weight.grad.abs().sum() > 0
    assert shared.projections[0].conv.weight.grad.abs().sum() > 0
    idle = [shared.convs[0][C1], *(unit for place in shared.convs[1:] for unit in place.values())]
    assert all(unit.conv.weight.grad is None for unit in [*idle, *shared.projections[1:]])
