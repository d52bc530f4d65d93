"""Stems of 3x3 convolutions."""

from typing import Optional, Sequence

from torch import Tensor, nn

from ...registry import MODELS
from .masked_norm import MaskedBatchNorm2d, Visibility, hide


@MODELS.register_module()
class ConvStem(nn.Sequential):
    """3x3 convolutions with batch normalisation and a ReLU between them (quark0/darts: cnn/model.py).

    Args:
        out_channels: channels of the output; the convolutions before the last have half as many.
        strides: stride of each convolution.
        in_channels: channels of the input.
        starts_with_relu: whether the input is the output of another stem.

    Attributes:
        stride: of all convolutions together.
    """

    def __init__(
        self, out_channels: int, strides: Sequence[int] = (2, 2), in_channels: int = 3, starts_with_relu: bool = False
    ) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.stride = 1
        for number, stride in enumerate(strides, 1):
            if number > 1 or starts_with_relu:
                self.append(nn.ReLU())
            channels = out_channels if number == len(strides) else out_channels // 2
            self.append(nn.Conv2d(in_channels, channels, 3, stride=stride, padding=1, bias=False))
            self.append(MaskedBatchNorm2d(channels))
            self.stride *= stride
            in_channels = channels

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> Tensor:
        """(B, 3, H, W) -> (B, C, H / stride, W / stride).

        Args:
            visible: what ``sparse`` masking leaves visible.
        """
        for layer in self:
            if isinstance(layer, MaskedBatchNorm2d):
                x = layer(x, visible)
            else:
                x = layer(x)
                x = hide(x, visible) if isinstance(layer, nn.Conv2d) else x
        return x
