"""Decoders: from the features of the encoder to an image, or to what else a target compares."""

from typing import Optional, Sequence

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS
from ...utils.ranges import COUNT


@MODELS.register_module()
class HierarchicalDecoder(BaseModule):
    """The hierarchical decoder (HD) of the paper, eq. 3.

    ``I_rec = Linear(Conv(F1) + Upsample(Conv(F2), 2) + Upsample(Conv(F3), 4))``

    Conv is 3x3 to a common width, Upsample bilinear to the size of F1, Linear a 1x1
    convolution to ``3 * s^2`` channels and a pixel shuffle by ``s``, the stride of F1; images of other
    channels, or a target of the head, may ask for another number than 3.
    Linear and Upsample commute, both being linear and Upsample reproducing constants,
    so Linear comes first, where the maps are small: the same function at less cost.

    Args:
        in_channels: channels of each feature, fine to coarse.
        in_strides: stride of each feature with respect to the image.
        channels: the common width; by default that of F1.
        out_channels: channels of the output.
        init_cfg: initialisation config of MMEngine.

    Raises:
        ValueError: ``channels`` is below 1.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        in_strides: Sequence[int],
        channels: Optional[int] = None,
        out_channels: int = 3,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(init_cfg)
        channels = in_channels[0] if channels is None else channels
        COUNT.check('neck.channels', channels)
        self.stride = in_strides[0]
        self.convs = nn.ModuleList(nn.Conv2d(c, channels, 3, padding=1) for c in in_channels)
        self.linear = nn.Conv2d(channels, out_channels * self.stride**2, 1)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """
        Args:
            features: (B, C_i, H_i, W_i) each.

        Returns:
            Tensor: (B, ``out_channels``, H, W), the reconstructed image.
        """
        size = features[0].shape[-2:]
        out = self.linear(self.convs[0](features[0]))
        for conv, x in zip(self.convs[1:], features[1:]):
            # The bias of Linear has been added once already.
            x = F.conv2d(conv(x), self.linear.weight)
            out = out + F.interpolate(x, size=size, mode='bilinear', align_corners=False)
        return F.pixel_shuffle(out, self.stride)


@MODELS.register_module()
class SingleScaleDecoder(BaseModule):
    """The decoder of SimMIM on F3, the ablation without HD (Table 8).

    A 1x1 convolution to ``3 * s^2`` channels and a pixel shuffle by ``s``, the
    stride of F3 (microsoft/SimMIM: models/simmim.py).

    Args:
        in_channels, in_strides, out_channels: as in :class:`HierarchicalDecoder`; of the features
            only the last counts.
        init_cfg: initialisation config of MMEngine.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        in_strides: Sequence[int],
        out_channels: int = 3,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(init_cfg)
        self.stride = in_strides[-1]
        self.linear = nn.Conv2d(in_channels[-1], out_channels * self.stride**2, 1)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """
        Args:
            features: (B, C_i, H_i, W_i) each; only the last is read.

        Returns:
            Tensor: (B, ``out_channels``, H, W), the reconstructed image.
        """
        return F.pixel_shuffle(self.linear(features[-1]), self.stride)


@MODELS.register_module()
class PerScaleDecoder(BaseModule):
    """An image from each scale alone, for a loss per scale; an option beyond the paper.

    Each feature has a :class:`HierarchicalDecoder` of its own: ``Linear_i(Conv_i(F_i))`` with a
    pixel shuffle by the stride of F_i. :class:`mmnas_mae.MaskedReconstructionHead` takes the
    mean of their losses, so that no scale can leave the reconstruction to another.

    Args:
        in_channels, in_strides, out_channels: as in :class:`HierarchicalDecoder`.
        channels: output channels of each Conv; by default those of its feature.
        init_cfg: initialisation config of MMEngine.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        in_strides: Sequence[int],
        channels: Optional[int] = None,
        out_channels: int = 3,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(init_cfg)
        self.decoders = nn.ModuleList(
            HierarchicalDecoder([c], [s], channels, out_channels) for c, s in zip(in_channels, in_strides)
        )

    def forward(self, features: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """
        Args:
            features: (B, C_i, H_i, W_i) each.

        Returns:
            tuple: (B, ``out_channels``, H, W) for each of them.
        """
        return tuple(decoder([x]) for decoder, x in zip(self.decoders, features))
