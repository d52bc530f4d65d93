"""Heads that predict a class: of an image, of several views of it, of each pixel."""

from typing import Optional

import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from ...registry import MODELS


class PredictionHead(BaseModule):
    """The common part: logits of what the last feature stands for.

    Args:
        in_channels: channels of the feature.
        num_classes: number of classes.
        norm: whether the feature is normalised and rectified first, as NAS-Bench-201
            does behind its last cell.
        init_cfg: initialisation config of MMEngine.
    """

    def __init__(self, in_channels: int, num_classes: int, norm: bool = False, init_cfg: Optional[dict] = None) -> None:
        super().__init__(init_cfg)
        self.num_classes = num_classes
        self.norm = nn.Sequential(nn.BatchNorm2d(in_channels), nn.ReLU()) if norm else nn.Identity()


@MODELS.register_module()
class LinearHead(PredictionHead):
    """Global average pooling and a linear layer (quark0/darts: cnn/model_search.py).

    Args:
        in_channels, num_classes, norm, init_cfg: as in :class:`PredictionHead`.
        views: how many consecutive features belong to one image; their pooled values are
            concatenated, as the tiles of a jigsaw are (facebookresearch/unnas:
            pycls/models/common.py).
    """

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        norm: bool = False,
        views: int = 1,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(in_channels, num_classes, norm, init_cfg)
        self.views = views
        self.linear = nn.Linear(views * in_channels, num_classes)

    def forward(self, feature: Tensor, size: tuple[int, int]) -> Tensor:
        """
        Args:
            feature (Tensor): (B * views, C, H, W).
            size: not used.

        Returns:
            Tensor: (B, num_classes).
        """
        pooled = self.norm(feature).mean((2, 3))
        return self.linear(pooled.reshape(-1, self.linear.in_features))


@MODELS.register_module()
class PixelHead(PredictionHead):
    """A 1x1 convolution and bilinear upsampling to the size of the image (facebookresearch/unnas).

    Args:
        in_channels, num_classes, norm, init_cfg: as in :class:`PredictionHead`.
    """

    def __init__(self, in_channels: int, num_classes: int, norm: bool = False, init_cfg: Optional[dict] = None) -> None:
        super().__init__(in_channels, num_classes, norm, init_cfg)
        self.conv = nn.Conv2d(in_channels, num_classes, 1)

    def forward(self, feature: Tensor, size: tuple[int, int]) -> Tensor:
        """
        Args:
            feature (Tensor): (B, C, h, w).
            size: height and width of the image.

        Returns:
            Tensor: (B, num_classes, H, W).
        """
        return F.interpolate(self.conv(self.norm(feature)), size, mode='bilinear', align_corners=True)
