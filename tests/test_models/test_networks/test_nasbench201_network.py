"""Networks of NAS-Bench-201: exact parameters, the searched network against the stand-alone one."""

import random

import pyarrow.parquet as pq
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmnas_mae.models import MAENAS, NASBench201Network, NASBench201Supernet, OpArgs, Visibility, build_op
from mmnas_mae.spaces import NASBENCH201_OPS, get_space, load_genotype

OPTIMUM = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'


def count(module):
    return sum(p.numel() for p in module.parameters())


def uniform(op):
    return f'|{op}~0|+|{op}~0|{op}~1|+|{op}~0|{op}~1|{op}~2|'


def copy_weights(supernet, network, genotype):
    """Gives the stand-alone network the weights of the searched operations that it kept."""
    network.stem.load_state_dict(supernet.stem.state_dict())
    network.reductions.load_state_dict(supernet.reductions.state_dict())
    ops = [op for node in genotype.cells['cell'].nodes for op, _ in node]
    for searched_stage, stage in zip(supernet.stages, network.stages):
        for searched, cell in zip(searched_stage, stage):
            for op, mixed, edge in zip(ops, searched.edges, cell.edges):
                weights = mixed.ops[NASBENCH201_OPS.index(op)].state_dict()
                missing, unexpected = edge.load_state_dict(weights, strict=False)
                # A searched normalisation has neither parameters nor statistics; the bias before it has no effect.
                assert all(key.startswith('bn.') for key in missing)
                assert unexpected in ([], ['conv.bias'])


@pytest.mark.parametrize(
    'op, expected',
    [
        ('nor_conv_3x3', 1531546),
        ('skip_connect', 73306),
        ('none', 73306),
        ('avg_pool_3x3', 73306),
        ('nor_conv_1x1', 241306),
    ],
)
def test_parameters_of_uniform_cells(op, expected):
    assert count(NASBench201Network(uniform(op))) == expected


def test_parameters_and_multiply_adds_of_table_rows(data_file):
    rows = pq.read_table(data_file('nb201.parquet'), columns=['arch', 'params_cifar10', 'flops_m_cifar10']).to_pylist()
    total = 0

    def add(module, inputs, output):
        nonlocal total
        if isinstance(module, nn.Conv2d):
            total += output[0].numel() * module.weight[0].numel()
        elif isinstance(module, nn.Linear):
            total += module.weight.numel() + module.bias.numel()

    for i, row in enumerate(random.Random(0).sample(rows, 20)):
        network = NASBench201Network(row['arch'])
        assert count(network) == row['params_cifar10']
        if i < 5:
            total = 0
            for module in network.modules():
                module.register_forward_hook(add)
            network.eval()(torch.zeros(1, 3, 32, 32))
            assert total / 1e6 == pytest.approx(row['flops_m_cifar10'], abs=1e-9)


def test_parameters_of_the_supernet():
    supernet = NASBench201Supernet()
    weights = count(supernet) - count(supernet.arch)
    # What the published count has on top: the last normalisation and the classifier.
    assert weights + 2 * 64 + (64 + 1) * 10 == 1692826
    assert count(supernet.arch) == 6 * 5
    norms = [m for cell in supernet.stages.modules() for m in [cell] if isinstance(m, nn.BatchNorm2d)]
    assert len(norms) == 15 * 6 * 2
    assert not any(norm.affine or norm.track_running_stats for norm in norms)


def test_other_sizes_scale():
    network = NASBench201Network(uniform('nor_conv_1x1'), num_classes=7, init_channels=4, cells_per_stage=2)
    stem, norm_and_classifier = 3 * 4 * 9 + 8, 2 * 16 + 17 * 7
    cells = sum(2 * 6 * (c * c + 2 * c) for c in (4, 8, 16))
    blocks = sum(c * 2 * c * 9 + 4 * c * c * 9 + c * 2 * c + 8 * c for c in (4, 8))
    assert count(network) == stem + cells + blocks + norm_and_classifier


@pytest.mark.parametrize('seed', range(4))
def test_a_decided_supernet_is_the_stand_alone_network(seed):
    space = get_space('nasbench201')
    genotype = load_genotype(OPTIMUM) if seed == 0 else space.random_genotype(random.Random(seed))
    supernet = NASBench201Supernet(init_channels=4, cells_per_stage=2).double()
    ops = [op for node in genotype.cells['cell'].nodes for op, _ in node]
    with torch.no_grad():
        supernet.arch.alphas['cell'].fill_(0)
        for e, op in enumerate(ops):
            supernet.arch.alphas['cell'][e, NASBENCH201_OPS.index(op)] = 1e4
    assert supernet.arch.genotype() == genotype

    network = NASBench201Network(genotype, init_channels=4, cells_per_stage=2).double()
    copy_weights(supernet, network, genotype)
    x = torch.randn(4, 3, 16, 16, dtype=torch.float64)
    for searched, derived in zip(supernet(x), network.forward_features(x)):
        torch.testing.assert_close(searched, derived, rtol=0, atol=1e-9)


def test_features_are_the_last_cells_of_the_stages_and_feed_the_classifier():
    network = NASBench201Network(OPTIMUM, init_channels=4, cells_per_stage=2).eval()
    taken = []
    for stage in network.stages:
        stage[-1].register_forward_hook(lambda module, inputs, output: taken.append(output))
    x = torch.randn(2, 3, 16, 16)
    features = network.forward_features(x)
    assert all(torch.equal(a, b) for a, b in zip(features, taken))
    assert [f.shape[1] for f in features] == list(network.out_channels) == [4, 8, 16]
    assert [16 // f.shape[2] for f in features] == list(network.out_strides) == [1, 2, 4]
    logits = network.classifier(F.relu(network.norm(features[-1])).mean((2, 3)))
    torch.testing.assert_close(network(x), logits)


def test_pooling_is_normalised_in_a_darts_search_only():
    x = torch.randn(2, 4, 8, 8)
    plain = F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)
    assert torch.equal(build_op('avg_pool_3x3', OpArgs(4, 4, searched=True, pool_norm=False))(x), plain)
    assert torch.equal(build_op('avg_pool_3x3', OpArgs(4, 4))(x), plain)
    normalised = build_op('avg_pool_3x3', OpArgs(4, 4, searched=True))(x)
    torch.testing.assert_close(normalised.mean((0, 2, 3)), torch.zeros(4), rtol=0, atol=1e-6)


def test_reduction_block_by_hand():
    block = build_op('nasbench201_reduction', OpArgs(2, 4, 2)).eval()
    x = torch.randn(1, 2, 6, 6)
    shortcut = F.conv2d(F.avg_pool2d(x, 2), block.shortcut.conv.weight)
    inner = block.first.bn(F.conv2d(F.relu(x), block.first.conv.weight, stride=2, padding=1))
    inner = block.second.bn(F.conv2d(F.relu(inner), block.second.conv.weight, padding=1))
    torch.testing.assert_close(block(x), shortcut + inner)
    assert build_op('nasbench201_reduction', OpArgs(2, 4, 2))(torch.randn(2, 2, 5, 5)).shape == (2, 4, 3, 3)


def test_convolutions_have_a_bias_only_without_affine_normalisation():
    assert build_op('nor_conv_3x3', OpArgs(2, 2)).conv.bias is None
    assert build_op('nor_conv_1x1', OpArgs(2, 2, affine=False)).conv.bias.shape == (2,)


def test_sparse_masking_sees_no_masked_pixel_and_all_visible_is_dense():
    supernet = NASBench201Supernet(init_channels=4, cells_per_stage=1)
    x = torch.randn(2, 3, 16, 16)
    mask = torch.zeros(2, 1, 16, 16)
    for dense, sparse in zip(supernet(x), supernet(x, Visibility(mask))):
        torch.testing.assert_close(dense, sparse, rtol=1e-3, atol=1e-4)
    mask[:, :, :8] = 1
    other = torch.where(mask.bool(), torch.zeros(()), x)
    for one, two in zip(supernet(x * (1 - mask), Visibility(mask)), supernet(other, Visibility(mask))):
        torch.testing.assert_close(one, two)
        assert not one[:, :, : one.shape[2] // 2].any()
        assert one[:, :, one.shape[2] // 2 :].any()


@pytest.mark.parametrize('masking', ['input', 'sparse'])
def test_the_masked_autoencoder_reaches_every_weight_and_alpha(masking):
    model = MAENAS(
        backbone=dict(type='mmnas_mae.NASBench201Supernet', init_channels=4, cells_per_stage=1),
        neck=dict(type='mmnas_mae.HierarchicalDecoder', channels=8),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
        masking=masking,
    )
    model.arch.alphas['cell'].requires_grad_(True)
    loss = model(torch.randn(4, 3, 16, 16), mode='loss')['loss']
    loss.backward()
    # A bias before a normalisation has no effect, and none adds nothing; all else learns.
    idle = {n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 1e-7}
    assert all(name.endswith('conv.bias') for name in idle)
    assert (model.arch.alphas['cell'].grad[:, 1:].abs() > 0).all()


@pytest.mark.parametrize(
    'build, reason',
    [
        (lambda: NASBench201Supernet(cells_per_stage=0), 'cells_per_stage must be a whole number of at least 1, got 0'),
        (lambda: NASBench201Supernet(space='darts_s0'), 'one kind of cell, named cell'),
        (lambda: NASBench201Network('DARTS_V2'), r"of one cell, named cell, .* with the cells \['normal', 'reduce'\]"),
        (lambda: NASBench201Network('64-41414-1_02_333'), 'of space .transnas101_micro. with .* macro {.base_channels'),
        (lambda: NASBench201Network(OPTIMUM, space='s0'), 'space darts_s0 has the cells'),
    ],
)
def test_what_does_not_fit_is_refused(build, reason):
    with pytest.raises(ValueError, match=reason):
        build()
