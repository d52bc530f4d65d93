"""Networks of TransNAS-Bench-101: an independent count, the searched network against the stand-alone one."""

import random

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmnas_mae.models import MAENAS, TransNASNetwork, TransNASSupernet, Visibility
from mmnas_mae.models.layers.ops import FactorizedReduce, Identity
from mmnas_mae.models.layers.transnas101_decoders import SegmentationDecoder
from mmnas_mae.spaces import TRANSNAS101_OPS, get_space, load_genotype


def count(module):
    return sum(p.numel() for p in module.parameters())


def conv(before, after, kernel):
    """Convolution without bias and an affine normalisation."""
    return before * after * kernel**2 + 2 * after


def expected_parameters(arch, channels):
    """Of the encoder, counted from the description of the benchmark alone."""
    _, modules, block = arch.split('-')
    total = conv(3, channels // 2, 3) + conv(channels // 2, channels, 3)
    for digit in modules:
        wide = channels * 2 if digit in '24' else channels
        for before, same in ((channels, digit == '1'), (wide, True)):
            if block == 'basic':
                total += conv(before, wide, 3) + conv(wide, wide, 3) + (0 if same else conv(before, wide, 1))
                continue
            for code in block.split('_'):
                for source, op in enumerate(code):
                    width, changed = (wide, False) if source else (before, not same)
                    total += {'0': 0, '1': conv(width, wide, 1) * changed, '2': conv(width, wide, 1)}.get(
                        op, conv(width, wide, 3)
                    )
        channels = wide
    return total


@pytest.mark.parametrize('name', ['transnas101_micro', 'transnas101_macro'])
def test_parameters_of_random_architectures(name):
    space, generator = get_space(name), random.Random(0)
    for _ in range(20):
        genotype = space.random_genotype(generator)
        network = TransNASNetwork(genotype, init_channels=8)
        assert count(network) - count(network.decoder) == expected_parameters(space.format(genotype), 8)


@pytest.mark.parametrize(
    'arch, encoder, channels',
    [('64-41414-1_02_333', 22520608, 512), ('64-1234-basic', 3400224, 256), ('64-4111-basic', 2317600, 128)],
)
def test_parameters_at_full_size(arch, encoder, channels):
    network = TransNASNetwork(arch, num_classes=75)
    assert count(network) - count(network.decoder) == encoder == expected_parameters(arch, 64)
    assert count(network.decoder) == (channels + 1) * 75


@pytest.mark.parametrize(
    'arch, channels, strides',
    [
        ('64-41414-1_02_333', (16, 32, 64), (8, 16, 32)),
        ('64-1234-basic', (16, 16, 32), (4, 8, 16)),
        ('64-4111-basic', (16,), (8,)),
        ('64-313332-basic', (8, 8, 16), (16, 32, 64)),
        ('64-121311-basic', (16, 16), (4, 8)),
    ],
)
def test_features_are_the_last_of_the_coarsest_strides(arch, channels, strides):
    network = TransNASNetwork(arch, init_channels=8).eval()
    outputs = []
    for layer in network.layers:
        layer[-1].register_forward_hook(lambda module, inputs, output: outputs.append(output))
    x = torch.randn(1, 3, 128, 128)
    features = network.forward_features(x)
    assert network.out_channels == channels == tuple(f.shape[1] for f in features)
    assert network.out_strides == strides == tuple(128 // f.shape[2] for f in features)
    last = {128 // output.shape[2]: output for output in outputs}
    assert all(torch.equal(feature, last[stride]) for feature, stride in zip(features, strides))
    torch.testing.assert_close(network(x), network.decoder.classifier(features[-1].mean((2, 3))))


def test_only_the_first_block_of_a_module_changes_the_shape():
    network = TransNASNetwork('64-41414-1_11_111', init_channels=8)
    for digit, layer in zip('41414', network.layers):
        for block, reduces in zip(layer, (digit == '4', False)):
            from_input = [source == 0 for _, source in block.graph.edges]
            kinds = [FactorizedReduce if reduces and first else Identity for first in from_input]
            assert [type(edge) for edge in block.edges] == kinds


def test_residual_block_by_hand():
    network = TransNASNetwork('64-4111-basic', init_channels=8).eval()
    first, second = network.layers[0]
    x = torch.randn(1, 8, 8, 8)
    inner = first.first.bn(F.conv2d(F.relu(x), first.first.conv.weight, stride=2, padding=1))
    inner = first.second.bn(F.conv2d(F.relu(inner), first.second.conv.weight, padding=1))
    shortcut = first.shortcut.bn(F.conv2d(x, first.shortcut.conv.weight, stride=2))
    torch.testing.assert_close(first(x), shortcut + inner)
    assert isinstance(second.shortcut, Identity)


def test_shortcuts_are_normalised_as_the_benchmark_did():
    """BatchNorm2d(C, affine, track_running_stats): the two stand where eps and momentum are expected."""
    x = torch.randn(2, 8, 8, 8)
    for published, eps, momentum in ((True, 1.0, 1.0), (False, 1e-5, 0.1)):
        network = TransNASNetwork('64-4111-basic', init_channels=8, published_shortcuts=published).train()
        norms = {name: m for name, m in network.named_modules() if isinstance(m, nn.BatchNorm2d)}
        shortcuts = [norm for name, norm in norms.items() if 'shortcut' in name]
        assert len(shortcuts) == 1
        assert {(m.eps, m.momentum) for m in norms.values() if m not in shortcuts} == {(1e-5, 0.1)}
        block = network.layers[0][0]
        out = F.conv2d(x, block.shortcut.conv.weight, stride=2)
        centred = out - out.mean((0, 2, 3), keepdim=True)
        expected = centred / (centred.square().mean((0, 2, 3), keepdim=True) + eps).sqrt()
        torch.testing.assert_close(block.shortcut(x), expected, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(block.shortcut.bn.running_mean, momentum * out.mean((0, 2, 3)))


@pytest.mark.parametrize('stride', [4, 8, 16, 32, 64])
def test_segmentation_decoder_has_eight_layers_and_reaches_the_image(stride):
    decoder = SegmentationDecoder(8, stride, num_classes=17).eval()
    convs = [m for m in decoder.modules() if isinstance(m, (nn.Conv2d, nn.ConvTranspose2d))]
    doublings = {4: 2, 8: 3, 16: 4, 32: 5, 64: 6}[stride]
    assert [isinstance(m, nn.ConvTranspose2d) for m in convs] == [False] * (7 - doublings) + [True] * doublings + [
        False
    ]
    assert [m.out_channels for m in convs] == [1024, 512, 256, 128, 64, 32, 32, 17]
    sides = []
    for layer in decoder:
        layer.register_forward_hook(lambda module, inputs, output: sides.append(output.shape[-1]))
    with torch.no_grad():
        assert decoder(torch.randn(1, 8, 1, 1)).shape == (1, 17, stride, stride)
    assert sides == [1] * (7 - doublings) + [2**i for i in range(1, doublings + 1)] + [stride]


def test_segmentation_network_gives_a_class_for_each_pixel():
    network = TransNASNetwork('64-1234-basic', 17, 'segmentation', init_channels=8).eval()
    with torch.no_grad():
        x = torch.randn(1, 3, 32, 32)
        logits = network(x)
        assert logits.shape == (1, 17, 32, 32)
        torch.testing.assert_close(logits, network.decoder(network.forward_features(x)[-1]))
    # 1024 channels to 32 in five halvings, one layer that keeps 32, one to the classes; 3x3 with bias and normalisation
    widths = [32, 1024, 512, 256, 128, 64, 32, 32]
    halving = sum(a * b * 9 + 3 * b for a, b in zip(widths, widths[1:]))
    assert count(network.decoder) == halving + 32 * 17 * 9 + 17


def test_parameters_of_the_supernet():
    supernet = TransNASSupernet(init_channels=8)
    stem = conv(3, 4, 3) + conv(4, 8, 3)
    cells, before = 0, 8
    for wide, changed in ((16, True), (16, False), (32, True), (32, False), (64, True)):
        # Without affine normalisation: 1x1 and 3x3 with bias, and the reducing skip connection where the shape changes.
        convolutions = 3 * (10 * before * wide) + 9 * (10 * wide * wide) + 12 * (2 * wide)
        cells += convolutions + changed * 3 * before * wide
        before = wide
    assert count(supernet) - count(supernet.arch) == stem + cells
    assert count(supernet.arch) == 6 * 4
    assert supernet.out_channels == (16, 32, 64)
    assert supernet.out_strides == (8, 16, 32)


@pytest.mark.parametrize('arch', ['64-41414-1_02_333', '64-41414-3_21_132', '64-41414-2_10_011'])
def test_a_decided_supernet_is_the_stand_alone_network(arch):
    genotype = load_genotype(arch)
    supernet = TransNASSupernet(init_channels=4).double()
    ops = [op for node in genotype.cells['cell'].nodes for op, _ in node]
    with torch.no_grad():
        supernet.arch.alphas['cell'].fill_(0)
        for e, op in enumerate(ops):
            supernet.arch.alphas['cell'][e, TRANSNAS101_OPS.index(op)] = 1e4
    assert supernet.arch.genotype() == genotype

    network = TransNASNetwork(genotype, init_channels=4).double()
    network.stem.load_state_dict(supernet.stem.state_dict())
    for searched_layer, layer in zip(supernet.layers, network.layers):
        for searched, block in zip(searched_layer, layer):
            for op, mixed, edge in zip(ops, searched.edges, block.edges):
                weights = mixed.ops[TRANSNAS101_OPS.index(op)].state_dict()
                missing, unexpected = edge.load_state_dict(weights, strict=False)
                # A searched normalisation has neither parameters nor statistics; the bias before it has no effect.
                assert all(key.startswith('bn.') for key in missing)
                assert unexpected in ([], ['conv.bias'])
    x = torch.randn(4, 3, 64, 64, dtype=torch.float64)
    for searched, derived in zip(supernet(x), network.forward_features(x)):
        torch.testing.assert_close(searched, derived, rtol=0, atol=1e-9)


@pytest.mark.parametrize('masking', ['input', 'sparse'])
def test_the_masked_autoencoder_reaches_every_weight_and_alpha(masking):
    model = MAENAS(
        backbone=dict(type='mmnas_mae.TransNASSupernet', init_channels=4),
        neck=dict(type='mmnas_mae.HierarchicalDecoder', channels=8),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=32, ratio=0.5),
        masking=masking,
    )
    model.arch.alphas['cell'].requires_grad_(True)
    loss = model(torch.randn(4, 3, 64, 64), mode='loss')['loss']
    loss.backward()
    # A bias before a normalisation has no effect, and none adds nothing; all else learns.
    idle = {n for n, p in model.named_parameters() if p.grad is None or not p.grad.abs().max() > 1e-7}
    assert all(name.endswith('conv.bias') for name in idle)
    assert (model.arch.alphas['cell'].grad[:, 1:].abs() > 0).all()


def test_sparse_masking_hides_masked_positions_at_every_stage():
    supernet = TransNASSupernet(init_channels=4)
    mask = torch.zeros(2, 1, 64, 64)
    mask[:, :, :32] = 1
    x = torch.randn(2, 3, 64, 64)
    for feature in supernet(x * (1 - mask), Visibility(mask)):
        half = feature.shape[2] // 2
        assert not feature[:, :, :half].any()
        assert feature[:, :, half:].any()


@pytest.mark.parametrize(
    'build, reason',
    [
        (lambda: TransNASNetwork('64-1234-basic', decoder='gan'), "decoder must be one of .* got 'gan'"),
        (lambda: TransNASNetwork('64-1234-basic', init_channels=7), 'init_channels must be even and at least 2, got 7'),
        (lambda: TransNASNetwork('DARTS_V2'), "with macro settings, .* of space 'darts_s0'"),
        (lambda: TransNASSupernet(space='transnas101_macro'), 'transnas101_macro has none to search'),
        (lambda: TransNASSupernet(space='nasbench201'), "needs 'base_channels', 'modules' and 'block'"),
        (lambda: SegmentationDecoder(8, 2, 17), 'starts at stride 4, 8, 16, 32 or 64, got 2'),
    ],
)
def test_what_does_not_fit_is_refused(build, reason):
    with pytest.raises(ValueError, match=reason):
        build()
