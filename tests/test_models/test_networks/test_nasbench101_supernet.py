"""The search network of NAS-Bench-101: any cell on shared weights, and what alpha gets."""

import math

import pytest
import torch
from nasbench101_cells import TINY, draw_alphas, random_specs

from mmnas_mae.models import Visibility
from mmnas_mae.models.networks.nasbench101_network import NASBench101Network
from mmnas_mae.models.networks.nasbench101_supernet import NASBench101Supernet
from mmnas_mae.registry import MODELS
from mmnas_mae.spaces import NASBENCH101_OPS
from mmnas_mae.spaces.nasbench101 import to_genotype, to_spec

C3, C1, POOL = NASBENCH101_OPS
EXAMPLE = '02001|100110100001001010101'
# 1 feeds 3; 2, 3 and the input feed the output.
MIXED = '012|1101010011'


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


def test_gates_change_no_value_and_pass_the_gradient_of_the_probabilities():
    supernet = NASBench101Supernet(**TINY)
    draw_alphas(supernet.arch, torch.Generator().manual_seed(0))
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
