"""The reconstruction loss of a search."""

from typing import Optional, Sequence, Union

import torch
from mmengine.model import BaseModule
from torch import Tensor

from ...registry import MODELS

#: What a decoder gives, (B, C, H, W), or that for each of several scales.
Reconstruction = Union[Tensor, Sequence[Tensor]]


@MODELS.register_module()
class MaskedReconstructionHead(BaseModule):
    """Mean absolute error over masked elements (paper A.1.1, SimMIM).

    ``sum(|y - x| * m) / (C * sum(m))`` on normalised pixels, or on what ``target`` compares. Of
    several reconstructions, as :class:`mmnas_mae.PerScaleDecoder` gives them, it is the mean of their errors.

    Args:
        target: config of a :class:`mmnas_mae.models.ReconstructionTarget`, by default
            :class:`mmnas_mae.PixelTarget`; others are :class:`mmnas_mae.PatchNormTarget` and
            :class:`mmnas_mae.GradientTarget`.
        patch_size: side of a patch of the mask in pixels, for the target.
        init_cfg: initialisation config of MMEngine.
        image_channels: channels of the images that are reconstructed.

    Attributes:
        out_channels: channels that the decoder has to give.
    """

    def __init__(
        self,
        target: Optional[dict] = None,
        patch_size: Optional[int] = None,
        image_channels: int = 3,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(init_cfg)
        target = target or dict(type='mmnas_mae.PixelTarget')
        self.target = MODELS.build(target, default_args=dict(patch_size=patch_size))
        self.out_channels = self.target.out_channels(image_channels)

    def loss(self, reconstruction: Reconstruction, images: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """
        Args:
            reconstruction (Tensor): (B, ``out_channels``, H, W), or several of them.
            images (Tensor): (B, C, H, W), normalised.
            mask (Tensor): (B, 1, H, W), 1 = masked.
        """
        return dict(loss=self._mean_error(reconstruction, images, mask, None))

    def per_image(self, reconstruction: Reconstruction, images: Tensor, mask: Tensor) -> Tensor:
        """The same for each image alone: (B,)."""
        return self._mean_error(reconstruction, images, mask, (1, 2, 3))

    def pixels(self, reconstruction: Reconstruction, images: Tensor) -> Optional[Tensor]:
        """What was reconstructed as a normalised image, the mean of several: (B, C, H, W); None of a target without."""
        pixels = [self.target.pixels(each, images) for each in _several(reconstruction)]
        return None if pixels[0] is None else torch.stack(pixels).mean(0)

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
