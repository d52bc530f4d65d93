"""Decoders against the equations as they are written."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmnas_mae.models import HierarchicalDecoder, SingleScaleDecoder

CHANNELS = (6, 8, 10)


def features(sizes, channels=CHANNELS):
    return [torch.randn(2, c, *size, dtype=torch.float64) for c, size in zip(channels, sizes)]


def patches(tokens, weight, bias, stride):
    """Each position becomes a patch of s x s pixels: out[c, i, j] = w[c s s + i s + j] . token + b."""
    batch, _, rows, cols = tokens.shape
    out = tokens.new_zeros(batch, 3, rows * stride, cols * stride)
    for y in range(rows):
        for x in range(cols):
            patch = tokens[:, :, y, x] @ weight[:, :, 0, 0].T + bias
            patch = patch.view(batch, 3, stride, stride)
            out[:, :, y * stride : (y + 1) * stride, x * stride : (x + 1) * stride] = patch
    return out


@pytest.mark.parametrize('width', [None, 4])
@pytest.mark.parametrize(
    'strides, sizes',
    [
        ((1, 2, 4), ((16, 16), (8, 8), (4, 4))),
        ((1, 2, 4), ((12, 16), (6, 8), (3, 4))),
        ((8, 16, 32), ((8, 8), (4, 4), (2, 2))),
        ((8, 16, 32), ((7, 9), (4, 5), (2, 3))),
    ],
)
def test_hierarchical_decoder_is_equation_3_in_the_order_of_the_paper(strides, sizes, width):
    decoder = HierarchicalDecoder(CHANNELS, strides, channels=width).double()
    nn.init.normal_(decoder.linear.bias)
    inputs = features(sizes)
    total = 0
    for i, (conv, x) in enumerate(zip(decoder.convs, inputs)):
        x = F.conv2d(x, conv.weight, conv.bias, padding=1)
        # Maps of odd size are not halved exactly.
        factor = dict(size=sizes[0]) if sizes[0][0] % 2 else dict(scale_factor=2**i)
        total = total + F.interpolate(x, **factor, mode='bilinear', align_corners=False)
    expected = patches(total, decoder.linear.weight, decoder.linear.bias, strides[0])
    out = decoder(inputs)
    assert out.shape == (2, 3, sizes[0][0] * strides[0], sizes[0][1] * strides[0])
    torch.testing.assert_close(out, expected, rtol=1e-6, atol=1e-6)
    # float64 leaves far less than that; the gradients agree too.
    torch.testing.assert_close(out, expected, rtol=1e-11, atol=1e-11)
    parameters = list(decoder.parameters())
    target = torch.randn_like(out)
    for a, b in zip(*(torch.autograd.grad((y * target).sum(), parameters) for y in (out, expected))):
        torch.testing.assert_close(a, b)


@pytest.mark.parametrize('strides, linear', [((1, 2, 4), 6 * 3 + 3), ((8, 16, 32), 6 * 192 + 192)])
def test_hierarchical_decoder_has_the_width_of_f1_unless_told(strides, linear):
    decoder = HierarchicalDecoder(CHANNELS, strides)
    convs = sum(9 * c * 6 + 6 for c in CHANNELS)
    assert sum(p.numel() for p in decoder.parameters()) == convs + linear
    assert HierarchicalDecoder(CHANNELS, strides, channels=4).linear.in_channels == 4


def test_hierarchical_decoder_reads_every_scale():
    decoder = HierarchicalDecoder(CHANNELS, (1, 2, 4)).double()
    inputs = features(((8, 8), (4, 4), (2, 2)))
    for i in range(3):
        changed = [x + 1 if k == i else x for k, x in enumerate(inputs)]
        assert bool((decoder(changed) != decoder(inputs)).all())


@pytest.mark.parametrize('strides', [(1, 2, 4), (8, 16, 32)])
def test_single_scale_decoder_turns_each_position_of_f3_into_a_patch(strides):
    decoder = SingleScaleDecoder(CHANNELS, strides).double()
    nn.init.normal_(decoder.linear.bias)
    inputs = features(((8, 12), (4, 6), (2, 3)))
    expected = patches(inputs[-1], decoder.linear.weight, decoder.linear.bias, strides[-1])
    out = decoder(inputs)
    assert out.shape == (2, 3, 2 * strides[-1], 3 * strides[-1])
    torch.testing.assert_close(out, expected)
    assert torch.equal(decoder([None, None, inputs[-1]]), out)
    assert sum(p.numel() for p in decoder.parameters()) == 11 * 3 * strides[-1] ** 2
