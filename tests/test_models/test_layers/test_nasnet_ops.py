"""Operations of NASNet against naive computations."""

import pytest
import torch
import torch.nn.functional as F

from mmnas_mae.models import OpArgs, Visibility, build_op
from mmnas_mae.spaces import NASNET_OPS


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('kernel', [3, 7])
def test_a_factorised_convolution_is_a_row_and_a_column(kernel, stride):
    op = build_op(f'conv_{kernel}x1_1x{kernel}', OpArgs(3, 4, stride)).eval()
    x = torch.randn(2, 3, 9, 9)
    row, column = op.row.weight, op.column.weight
    assert row.shape == (4, 3, 1, kernel)
    assert column.shape == (4, 4, kernel, 1)
    # The two are one convolution whose kernel is the product of both, padded and strided alike.
    both = torch.einsum('omk,mil->oikl', column[..., 0], row[:, :, 0])
    expected = F.conv2d(x.relu(), both, stride=stride, padding=kernel // 2) / (1 + op.bn.eps) ** 0.5
    torch.testing.assert_close(op(x), expected, atol=1e-5, rtol=1e-5)
    assert sum(p.numel() for p in op.parameters()) == kernel * 4 * (3 + 4) + 2 * 4


@pytest.mark.parametrize('kernel', [5, 7])
def test_larger_pooling_takes_the_largest_around(kernel):
    op = build_op(f'max_pool_{kernel}x{kernel}', OpArgs(2, 2, 2))
    x = torch.randn(1, 2, 8, 8)
    half = kernel // 2
    for i in range(4):
        for j in range(4):
            around = x[:, :, max(0, 2 * i - half) : 2 * i + half + 1, max(0, 2 * j - half) : 2 * j + half + 1]
            assert torch.equal(op(x)[:, :, i, j], around.amax((2, 3)))


@pytest.mark.parametrize('kernel', [1, 3])
def test_plain_convolutions(kernel):
    op = build_op(f'conv_{kernel}x{kernel}', OpArgs(3, 5, 2)).eval()
    x = torch.randn(2, 3, 8, 8)
    expected = F.conv2d(x.relu(), op.conv.weight, stride=2, padding=kernel // 2) / (1 + op.bn.eps) ** 0.5
    torch.testing.assert_close(op(x), expected)


@pytest.mark.parametrize('name', NASNET_OPS)
def test_hidden_positions_stay_hidden(name):
    mask = torch.zeros(2, 1, 8, 8)
    mask[:, :, :4] = 1
    op = build_op(name, OpArgs(4, 4, searched=True, affine=False))
    visible = Visibility(mask)
    out = op(torch.randn(2, 4, 8, 8) * (1 - mask), visible)
    assert float(out[:, :, :4].abs().max()) == 0
    assert float(out[:, :, 4:].abs().max()) > 0
