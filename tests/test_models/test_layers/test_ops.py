"""Every operation against plain torch with copied weights."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mmnas_mae.models import MixedOp, OpArgs, Visibility, build_op
from mmnas_mae.models.layers.ops import FactorizedReduce, Identity, ReLUConvBN, Zero
from mmnas_mae.spaces import DARTS_OPS

ARGS = OpArgs(in_channels=4, out_channels=4)
OPS = (*DARTS_OPS, 'sep_conv_7x7', 'noise')
SIZES = [(8, 8), (7, 9), (9, 6), (5, 5)]


def norm(x, bn=None):
    """Batch normalisation in training by its definition."""
    mean = x.mean((0, 2, 3), keepdim=True)
    x = (x - mean) / (x.var((0, 2, 3), correction=0, keepdim=True) + 1e-5).sqrt()
    return x if bn is None or bn.weight is None else x * bn.weight.view(1, -1, 1, 1) + bn.bias.view(1, -1, 1, 1)


def scramble(op):
    """Gives normalisations a weight and a bias that show."""
    for module in op.modules():
        if isinstance(module, nn.BatchNorm2d) and module.affine:
            nn.init.uniform_(module.weight, 0.5, 2)
            nn.init.uniform_(module.bias, -1, 1)
    return op.double()


def dilate(kernel):
    """The same kernel with zeros between its entries."""
    c, d, k, _ = kernel.shape
    out = kernel.new_zeros(c, d, 2 * k - 1, 2 * k - 1)
    out[:, :, ::2, ::2] = kernel
    return out


def depthwise(x, kernel, stride):
    """One channel after the other."""
    half = kernel.shape[-1] // 2
    return torch.cat([F.conv2d(x[:, c : c + 1], kernel[c : c + 1], None, stride, half) for c in range(len(kernel))], 1)


def pointwise(x, kernel):
    return torch.einsum('oc,bchw->bohw', kernel[:, :, 0, 0], x)


def image(size, channels=4):
    return torch.randn(2, channels, *size, dtype=torch.float64)


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('affine', [True, False])
@pytest.mark.parametrize('kernel', [3, 5, 7])
def test_sep_conv(kernel, affine, stride, size):
    op = scramble(build_op(f'sep_conv_{kernel}x{kernel}', OpArgs(4, 6, stride, affine)))
    x = image(size)
    expected = x
    for half, step in ((op.first, stride), (op.second, 1)):
        expected = depthwise(expected.relu(), half.depthwise.weight, step)
        expected = norm(pointwise(expected, half.pointwise.weight), half.bn)
    torch.testing.assert_close(op(x), expected)
    assert op.first.depthwise.kernel_size == op.second.depthwise.kernel_size == (kernel, kernel)
    assert op.first.pointwise.out_channels == 4
    weights = 2 * 4 * kernel**2 + 4 * 4 + 4 * 6
    assert sum(p.numel() for p in op.parameters()) == weights + (2 * (4 + 6) if affine else 0)


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('affine', [True, False])
@pytest.mark.parametrize('kernel', [3, 5])
def test_dil_conv(kernel, affine, stride, size):
    op = scramble(build_op(f'dil_conv_{kernel}x{kernel}', OpArgs(4, 6, stride, affine)))
    x = image(size)
    # A dilated kernel is a larger one full of holes.
    expected = depthwise(x.relu(), dilate(op.depthwise.weight), stride)
    torch.testing.assert_close(op(x), norm(pointwise(expected, op.pointwise.weight), op.bn))
    assert sum(p.numel() for p in op.parameters()) == 4 * kernel**2 + 4 * 6 + (12 if affine else 0)


def windows(x, stride, fill):
    """(B, C, H', W', 9) windows of 3x3."""
    return F.pad(x, (1, 1, 1, 1), value=fill).unfold(2, 3, stride).unfold(3, 3, stride).flatten(4)


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('mode', ['max', 'avg'])
def test_pool(mode, stride, size):
    x = image(size)
    if mode == 'max':
        expected = windows(x, stride, -torch.inf).amax(-1)
    else:
        # The mean of what lies inside of the image.
        expected = windows(x, stride, torch.nan).nanmean(-1)
    args = OpArgs(4, 4, stride)
    derived = build_op(f'{mode}_pool_3x3', args)
    torch.testing.assert_close(derived(x), expected)
    torch.testing.assert_close(build_op(f'{mode}_pool_3x3', replace(args, searched=True, pool_norm=False))(x), expected)
    # A search network normalises pooling, with parameters where the cell has some (RLNAS).
    for affine in (False, True):
        searched = scramble(build_op(f'{mode}_pool_3x3', replace(args, searched=True, affine=affine)))
        torch.testing.assert_close(searched(x), norm(expected, searched.bn))
        assert bool(list(searched.parameters())) == affine


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('affine', [True, False])
def test_factorized_reduce(affine, size):
    op = scramble(FactorizedReduce(OpArgs(4, 6, 2, affine)))
    x = image(size)
    rows, cols = -(-size[0] // 2), -(-size[1] // 2)
    first = pointwise(x.relu()[:, :, ::2, ::2], op.conv1.weight)
    second = torch.zeros(2, 3, rows, cols, dtype=torch.float64)
    shifted = pointwise(x.relu()[:, :, 1::2, 1::2], op.conv2.weight)
    second[:, :, : shifted.shape[2], : shifted.shape[3]] = shifted
    torch.testing.assert_close(op(x), norm(torch.cat([first, second], 1), op.bn))


def test_factorized_reduce_sees_every_second_pixel_on_both_diagonals():
    op = FactorizedReduce(OpArgs(1, 2, 2, affine=False)).double()
    nn.init.ones_(op.conv1.weight)
    nn.init.ones_(op.conv2.weight)
    x = torch.rand(1, 1, 6, 6, dtype=torch.float64).requires_grad_()
    op(x).square().sum().backward()
    op.bn.eval()
    x.grad = None
    op(x).sum().backward()
    seen = (x.grad[0, 0] != 0).long()
    pattern = torch.tensor([[1, 0], [0, 1]]).repeat(3, 3)
    assert torch.equal(seen, pattern)


def test_skip_connect():
    x = image((6, 6))
    assert build_op('skip_connect', ARGS)(x) is x
    assert isinstance(build_op('skip_connect', replace(ARGS, stride=2)), FactorizedReduce)
    with pytest.raises(ValueError, match='skip_connect at stride 1 keeps the channels, got 4 -> 6'):
        build_op('skip_connect', replace(ARGS, out_channels=6))
    with pytest.raises(ValueError, match='even number of channels, got 5'):
        build_op('skip_connect', OpArgs(4, 5, 2))


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('stride', [1, 2])
def test_none(stride, size):
    x = image(size)
    out = build_op('none', replace(ARGS, stride=stride))(x)
    assert torch.equal(out, torch.zeros_like(x[:, :, ::stride, ::stride]))
    assert build_op('none', OpArgs(4, 6, stride))(x).shape[1] == 6


@pytest.mark.parametrize('size', SIZES)
def test_relu_conv_bn(size):
    for kernel, stride in ((1, 1), (3, 2)):
        op = scramble(ReLUConvBN(OpArgs(4, 6, stride), kernel))
        x = image(size)
        expected = F.conv2d(x.relu(), op.conv.weight, None, stride, kernel // 2)
        torch.testing.assert_close(op(x), norm(expected, op.bn))
        assert op.conv.bias is None


def test_noise_is_standard_normal_and_new_each_time():
    op = build_op('noise', replace(ARGS, stride=2))
    x = torch.full((4, 4, 64, 63), 100.0)
    first, second = op(x), op(x)
    assert first.shape == (4, 4, 32, 32)
    assert float(first.mean()) == pytest.approx(0, abs=0.03)
    assert float(first.std()) == pytest.approx(1, abs=0.03)
    assert not torch.equal(first, second)
    torch.manual_seed(7)
    third = op(x)
    torch.manual_seed(7)
    assert torch.equal(op(x), third)


@pytest.mark.parametrize('size', SIZES)
@pytest.mark.parametrize('stride', [1, 2])
def test_all_candidates_of_an_edge_agree_in_shape(stride, size):
    shapes = {build_op(name, OpArgs(4, 4, stride))(image(size).float()).shape for name in OPS}
    assert shapes == {(2, 4, -(-size[0] // stride), -(-size[1] // stride))}


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('name', OPS)
def test_sparse_masking_hides_the_output_and_its_statistics(name, stride):
    op = scramble(build_op(name, OpArgs(4, 4, stride, affine=False, searched=True)))
    x = image((8, 8))
    mask = torch.zeros(2, 1, 8, 8, dtype=torch.float64)
    mask[0, :, :4, :4] = mask[1, :, 4:, :4] = mask[1, :, :4, 4:] = 1
    visible, x = Visibility(mask), x * (1 - mask)
    out = op(x, visible).detach()
    hidden = mask[:, :, ::stride, ::stride].expand_as(out).bool()
    assert torch.equal(out[hidden], torch.zeros_like(out[hidden]))
    if name in ('none', 'noise') or isinstance(op, Identity):
        return
    for channel in range(4):
        seen = out[:, channel][~hidden[:, channel]]
        assert float(seen.mean()) == pytest.approx(0, abs=1e-9)
        assert float(seen.square().mean()) == pytest.approx(1, abs=1e-2)
    # An image of which nothing is visible changes nothing for the others.
    more = Visibility(torch.cat([mask, torch.ones_like(mask[:1])]))
    torch.testing.assert_close(op(torch.cat([x, torch.zeros_like(x[:1])]), more)[:2], out)


@pytest.mark.parametrize('name', [name for name in OPS if name != 'noise'])
def test_sparse_masking_with_all_visible_changes_nothing(name):
    op = scramble(build_op(name, OpArgs(4, 4, 2, affine=True, searched=True)))
    x = image((7, 9))
    torch.testing.assert_close(op(x, Visibility(torch.zeros(2, 1, 7, 9, dtype=torch.float64))), op(x))


def test_running_statistics_are_an_option():
    ops = [build_op(name, replace(ARGS, track_running_stats=False, searched=True, stride=2)) for name in DARTS_OPS]
    norms = [module for op in ops for module in op.modules() if isinstance(module, nn.BatchNorm2d)]
    assert len(norms) == 9
    assert all(module.running_mean is None and module.running_var is None for module in norms)


def test_mixed_op_is_the_weighted_sum():
    mixed = MixedOp(DARTS_OPS, OpArgs(4, 4, 2, affine=False, searched=True)).double()
    x, weights = image((8, 8)), torch.randn(8, dtype=torch.float64).softmax(0)
    expected = sum(float(w) * op(x) for w, op in zip(weights, mixed.ops))
    torch.testing.assert_close(mixed(x, weights), expected)
    # What stands beyond the candidates is padding.
    torch.testing.assert_close(mixed(x, torch.cat([weights, weights.new_tensor([5.0, torch.nan])])), expected)
    one_hot = torch.eye(8, dtype=torch.float64)
    for k, op in enumerate(mixed.ops):
        torch.testing.assert_close(mixed(x, one_hot[k]), op(x))


def test_mixed_op_passes_the_gradient_of_the_weights():
    mixed = MixedOp(DARTS_OPS, OpArgs(4, 4, 1, affine=False, searched=True)).double()
    x = image((4, 4))
    weights = torch.full((8,), 0.125, dtype=torch.float64, requires_grad=True)
    coefficients = image((4, 4))
    (gradient,) = torch.autograd.grad((mixed(x, weights) * coefficients).sum(), weights)
    expected = torch.stack([(op(x) * coefficients).sum() for op in mixed.ops])
    assert isinstance(mixed.ops[0], Zero)
    torch.testing.assert_close(gradient, expected)


def test_mixed_op_of_none_alone_is_zero():
    out = MixedOp(['none'], OpArgs(4, 6, 2))(image((7, 7)), torch.ones(1))
    assert torch.equal(out, torch.zeros(2, 6, 4, 4, dtype=torch.float64))


def test_unknown_operations_are_refused_with_what_exists():
    with pytest.raises(ValueError, match="unknown operation 'sep_conv_9x9'; there are: .*dil_conv_3x3.*skip_connect"):
        build_op('sep_conv_9x9', ARGS)
