"""Depthwise convolution that is fast where the library's is not."""

from typing import Any, Optional

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DepthwiseConv2d(nn.Conv2d):
    """A depthwise convolution, equal to ``nn.Conv2d`` up to rounding.

    Two of its gradients are slow on the CPU, where they take most of the time of a search.
    The one of dilated convolutions: with a dilation of 2 a pixel only meets pixels of its
    own phase (row and column even or odd), so the convolution is a plain one on the four
    phase images, which share the weights; at stride 2 only one phase is read at all. And
    that of the weights of kernels wider than 3 (:class:`_ColumnwiseGradient`). These ways
    are taken where a gradient may follow, phases on even sizes.

    Args:
        channels: input and output channels.
        kernel_size: odd.
        stride: 1 or 2.
        dilation: 1 or 2; the padding keeps the size.
    """

    def __init__(self, channels: int, kernel_size: int, stride: int = 1, dilation: int = 1) -> None:
        padding = dilation * (kernel_size // 2)
        super().__init__(channels, channels, kernel_size, stride, padding, dilation, groups=channels, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, C, H / stride, W / stride)."""
        height, width = x.shape[2:]
        if not (self.training and x.device.type == 'cpu'):
            return super().forward(x)
        if self.dilation[0] == 1:
            return self._plain(x, self.stride[0])
        if height % 2 or width % 2:
            return super().forward(x)
        if self.stride[0] == 2:
            return self._plain(fast_layout(x[:, :, ::2, ::2]))
        batch, channels = x.shape[:2]
        # (B, h, 2, w, 2, C) -> (2, 2, B, h, w, C), channels last throughout
        phases = x.permute(0, 2, 3, 1).reshape(batch, height // 2, 2, width // 2, 2, channels)
        phases = phases.permute(2, 4, 0, 1, 3, 5).reshape(4 * batch, height // 2, width // 2, channels)
        out = self._plain(phases.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
        out = out.reshape(2, 2, batch, height // 2, width // 2, channels).permute(2, 3, 0, 4, 1, 5)
        return out.reshape(batch, height, width, channels).permute(0, 3, 1, 2)

    def _plain(self, x: Tensor, stride: int = 1) -> Tensor:
        """The convolution without dilation."""
        wanted = self.weight.requires_grad and torch.is_grad_enabled() and not torch.jit.is_tracing()
        if wanted and self.kernel_size[1] > _FAST_COLUMNS:
            weight = self.weight
            if torch.is_autocast_enabled('cpu') and x.dtype != torch.float64:
                # Here and not within, so that what is kept for the backward pass is of one type.
                x, weight = (tensor.to(torch.get_autocast_dtype('cpu')) for tensor in (x, weight))
            return _ColumnwiseGradient.apply(x, weight, stride)
        return F.conv2d(x, self.weight, None, stride, self.kernel_size[0] // 2, 1, self.groups)


#: Up to this width of the kernel the library computes gradients of depthwise weights fast.
_FAST_COLUMNS = 3


class _ColumnwiseGradient(torch.autograd.Function):
    """A depthwise convolution whose weight gradient is computed a few columns of the kernel at a time.

    ``apply(x, weight, stride)`` with an odd kernel, padded to keep the size. Such a part
    of the gradient is that of a narrower kernel over a shifted image. For a 5x5 kernel it
    takes a quarter of the library's time. Its gradient can be differentiated again.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride = stride
        pad = [side // 2 for side in weight.shape[2:]]
        return F.conv2d(x, weight, None, stride, pad, 1, len(weight))

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Optional[Tensor], Optional[Tensor], None]:
        (x, weight), stride = ctx.saved_tensors, ctx.stride
        rows, columns = (side // 2 for side in weight.shape[2:])

        def gradient(x: Tensor, weight: Tensor, padding: list[int], mask: list[bool]) -> tuple:
            return torch.ops.aten.convolution_backward(
                grad, x, weight, None, [stride] * 2, padding, [1, 1], False, [0, 0], len(weight), mask
            )

        of_x = gradient(x, weight, [rows, columns], [True, False, False])[0] if ctx.needs_input_grad[0] else None
        if not ctx.needs_input_grad[1]:
            return of_x, None, None
        padded, parts = F.pad(x, (columns, columns)), []
        for start in range(0, weight.shape[3], _FAST_COLUMNS):
            part = weight[..., start : start + _FAST_COLUMNS]
            # The columns of the image that this part of the kernel meets.
            seen = padded[..., start : start + (grad.shape[3] - 1) * stride + part.shape[3]]
            parts.append(gradient(seen, part, [rows, 0], [False, True, False])[1])
        return of_x, torch.cat(parts, dim=3), None


#: With fewer channels than this, channels last leaves most lanes of a vector idle.
_FEW_CHANNELS = 8


def fast_layout(x: Tensor) -> Tensor:
    """(B, C, H, W) in the memory layout that a search runs fastest on: channels last on a CPU, but for few channels.

    Every layer keeps the layout of what it gets, so images and the states of a cell
    decide.
    """
    if x.device.type != 'cpu':
        return x.contiguous()
    layout = torch.contiguous_format if x.shape[1] < _FEW_CHANNELS else torch.channels_last
    return x.contiguous(memory_format=layout)
