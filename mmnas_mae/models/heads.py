"""Heads: the reconstruction loss of the search, the auxiliary classifier of retraining."""

from typing import Optional, Sequence, Union

import torch
import torch.nn.functional as F
from mmengine.model import BaseModule
from torch import Tensor, nn

from ..registry import MODELS

#: What a decoder gives: an image, or one for each of several scales.
Reconstruction = Union[Tensor, Sequence[Tensor]]


@MODELS.register_module()
class MaskedReconstructionHead(BaseModule):
    """Mean absolute error over masked elements (paper A.1.1, SimMIM).

    ``sum(|y - x| * m) / (3 * sum(m))`` on normalised pixels. Of several reconstructions,
    as :class:`mmnas_mae.PerScaleDecoder` gives them, it is the mean of their errors.

    Args:
        target: config of what is compared, by default :class:`mmnas_mae.PixelTarget`; others
            are :class:`mmnas_mae.PatchNormTarget` and :class:`mmnas_mae.GradientTarget`.
        patch_size: side of a patch of the mask in pixels, for the target.
    """

    def __init__(
        self, target: Optional[dict] = None, patch_size: Optional[int] = None, init_cfg: Optional[dict] = None
    ) -> None:
        super().__init__(init_cfg)
        target = target or dict(type='mmnas_mae.PixelTarget')
        self.target = MODELS.build(target, default_args=dict(patch_size=patch_size))

    def loss(self, reconstruction: Reconstruction, images: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """
        Args:
            reconstruction (Tensor): (B, 3, H, W), or several of them.
            images (Tensor): (B, 3, H, W), normalised.
            mask (Tensor): (B, 1, H, W), 1 = masked.
        """
        return dict(loss=self._mean_error(reconstruction, images, mask, None))

    def per_image(self, reconstruction: Reconstruction, images: Tensor, mask: Tensor) -> Tensor:
        """The same for each image alone: (B,)."""
        return self._mean_error(reconstruction, images, mask, (1, 2, 3))

    def pixels(self, reconstruction: Reconstruction, images: Tensor) -> Tensor:
        """What was reconstructed as a normalised image, the mean of several: (B, 3, H, W)."""
        return torch.stack([self.target.pixels(each, images) for each in _several(reconstruction)]).mean(0)

    @staticmethod
    def pixel_error(pixels: Tensor, images: Tensor, mask: Tensor) -> Tensor:
        """Mean absolute error of each image over masked pixels, whatever the target: (B,)."""
        return _mean_over(pixels - images, mask, (1, 2, 3))

    def _mean_error(
        self, reconstruction: Reconstruction, images: Tensor, mask: Tensor, dims: Optional[tuple[int, ...]]
    ) -> Tensor:
        errors = (self.target(each, images, mask) for each in _several(reconstruction))
        return torch.stack([_mean_over(error, where, dims) for error, where in errors]).mean(0)


def _mean_over(error: Tensor, where: Tensor, dims: Optional[tuple[int, ...]]) -> Tensor:
    repeats = error.shape[1] // where.shape[1]
    return (error.abs() * where).sum(dims) / (repeats * where.sum(dims))


def _several(reconstruction: Reconstruction) -> Sequence[Tensor]:
    return (reconstruction,) if isinstance(reconstruction, Tensor) else reconstruction


@MODELS.register_module()
class AuxiliaryHead(BaseModule):
    """A classification head with the auxiliary classifier of DARTS beside it.

    The auxiliary classifier reads an intermediate feature and adds its loss, in
    training only (quark0/darts: cnn/model.py). The main head is any head of
    mmpretrain; it receives the last feature, pooled.

    Args:
        head: config of the main head; ``in_channels`` may be left out.
        in_channels: channels of the auxiliary feature and of the last feature, such
            as ``backbone.out_channels`` with ``out_indices=('aux', 2)``.
        num_classes: number of classes.
        stem: ``cifar`` or ``imagenet``, which differ in the stride of the first
            pooling; the ImageNet variant has no second normalisation.
        loss_weight: weight of the auxiliary loss (0.4 in DARTS).
    """

    def __init__(
        self,
        head: dict,
        in_channels: Sequence[int],
        num_classes: int,
        stem: str = 'cifar',
        loss_weight: float = 0.4,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(init_cfg)
        aux_channels, channels = in_channels
        self.head = MODELS.build(dict(head), default_args=dict(in_channels=channels, num_classes=num_classes))
        self.loss_weight = loss_weight
        layers = [
            nn.ReLU(),
            nn.AvgPool2d(5, stride=3 if stem == 'cifar' else 2, padding=0, count_include_pad=False),
            nn.Conv2d(aux_channels, 128, 1, bias=False),
            nn.BatchNorm2d(128),
            nn.ReLU(),
            nn.Conv2d(128, 768, 2, bias=False),
            *([nn.BatchNorm2d(768)] if stem == 'cifar' else []),
            nn.ReLU(),
        ]
        self.auxiliary = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(768, num_classes))

    def forward(self, feats: Sequence[Tensor]) -> Tensor:
        """(B, num_classes) scores of the main head.

        Args:
            feats: the auxiliary feature and the last one, (B, C_i, H_i, W_i).
        """
        return self.head(self._pool(feats))

    def loss(self, feats: Sequence[Tensor], data_samples: Sequence, **kwargs) -> dict[str, Tensor]:
        """The main head's losses and ``aux_loss``."""
        losses = self.head.loss(self._pool(feats), data_samples, **kwargs)
        auxiliary = self.head._get_loss(self.auxiliary(feats[0]), data_samples, **kwargs)
        losses['aux_loss'] = self.loss_weight * auxiliary['loss']
        return losses

    def predict(self, feats: Sequence[Tensor], data_samples: Optional[Sequence] = None) -> Sequence:
        """As the main head's."""
        return self.head.predict(self._pool(feats), data_samples)

    @staticmethod
    def _pool(feats: Sequence[Tensor]) -> tuple[Tensor]:
        return (F.adaptive_avg_pool2d(feats[-1], 1).flatten(1),)
