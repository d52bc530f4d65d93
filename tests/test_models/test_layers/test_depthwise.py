"""The fast depthwise convolution against the library's."""

import pytest
import torch
import torch.nn.functional as F

from mmnas_mae.models import DepthwiseConv2d, fast_layout


@pytest.mark.parametrize('layout', [torch.contiguous_format, torch.channels_last])
@pytest.mark.parametrize('size', [(8, 8), (6, 10), (7, 8), (5, 5)])
@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('kernel', [3, 5, 7])
@pytest.mark.parametrize('dilation', [1, 2])
def test_value_and_gradients_equal_the_plain_convolution(
    kernel: int, stride: int, dilation: int, size: tuple, layout: torch.memory_format
) -> None:
    conv = DepthwiseConv2d(6, kernel, stride, dilation).double()
    x = torch.randn(3, 6, *size, dtype=torch.float64).contiguous(memory_format=layout).requires_grad_()
    out = conv(x)
    expected = F.conv2d(x, conv.weight, None, stride, dilation * (kernel // 2), dilation, groups=6)
    torch.testing.assert_close(out, expected, rtol=1e-12, atol=1e-12)
    cotangent = torch.randn_like(expected)
    ours = torch.autograd.grad(out, (x, conv.weight), cotangent)
    plain = torch.autograd.grad(expected, (x, conv.weight), cotangent)
    for a, b in zip(ours, plain):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-11)
    # In eval mode the library's own kernel runs, which exports as a single node.
    assert torch.equal(conv.eval()(x), expected)


@pytest.mark.parametrize('kernel, stride, dilation', [(3, 1, 2), (5, 1, 1), (5, 2, 1), (7, 1, 1), (5, 1, 2)])
def test_second_derivatives_pass_through(kernel: int, stride: int, dilation: int) -> None:
    """The Hessian with respect to alpha differentiates twice."""
    conv = DepthwiseConv2d(2, kernel, stride, dilation).double()
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda value, weight: functional_call(conv, weight, value), (x, conv.weight))
    assert torch.autograd.gradgradcheck(lambda value, weight: functional_call(conv, weight, value), (x, conv.weight))


def functional_call(conv: DepthwiseConv2d, weight: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    return torch.func.functional_call(conv, dict(weight=weight), (x,))


def test_layout_keeps_values_and_depends_on_the_channels() -> None:
    few, many = torch.randn(2, 4, 5, 5), torch.randn(2, 16, 5, 5)
    assert torch.equal(fast_layout(few), few)
    assert torch.equal(fast_layout(many), many)
    assert fast_layout(few).is_contiguous()
    assert fast_layout(many).is_contiguous(memory_format=torch.channels_last)
