"""Depthwise convolution that is fast where the library's is not."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class DepthwiseConv2d(nn.Conv2d):
    """A depthwise convolution, equal to ``nn.Conv2d`` up to rounding.

    Dilated depthwise convolutions have a slow backward pass on the CPU, where they take
    most of the time of a search. With a dilation of 2 a pixel only meets pixels of its
    own phase (row and column even or odd), so the convolution is a plain one on the four
    phase images, which share the weights; at stride 2 only one phase is read at all.
    This way is taken where a gradient may follow, on even sizes.

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
        if self.dilation[0] == 1 or not (self.training and x.device.type == 'cpu') or height % 2 or width % 2:
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

    def _plain(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, None, 1, self.kernel_size[0] // 2, 1, self.groups)


def fast_layout(x: Tensor) -> Tensor:
    """(B, C, H, W) in the memory layout that a search runs fastest on: channels last on the CPU.

    Every layer keeps the layout of what it gets, so the images alone decide.
    """
    return x.contiguous(memory_format=torch.channels_last) if x.device.type == 'cpu' else x
