"""In what a reconstruction is compared with its image; pixels in the paper, the others are options beyond it."""

from abc import ABCMeta, abstractmethod
from typing import Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from ...registry import MODELS


class ReconstructionTarget(metaclass=ABCMeta):
    """What :class:`mmnas_mae.MaskedReconstructionHead` takes its mean error of.

    A target of other things than pixels says :meth:`out_channels`, and the decoder has as
    many; one whose output can be looked at says :meth:`pixels`.

    Args:
        patch_size: side of a patch of the mask in pixels, filled in by :class:`mmnas_mae.MAENAS`.
    """

    def __init__(self, patch_size: Optional[int] = None) -> None:
        self.patch_size = patch_size

    @abstractmethod
    def __call__(self, reconstruction: Tensor, images: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """
        Args:
            reconstruction (Tensor): (B, D, H, W), the output of the decoder, D being ``out_channels(C)``.
            images (Tensor): (B, C, H, W), normalised.
            mask (Tensor): (B, 1, H, W), 1 = masked.

        Returns:
            tuple: signed errors (B, K, H, W), and 1 where an error counts, else 0, (B, L, H, W)
            where L divides K.
        """

    def out_channels(self, image_channels: int) -> int:
        """Channels of the decoder's output, for images of so many channels."""
        return image_channels

    def pixels(self, reconstruction: Tensor, images: Tensor) -> Optional[Tensor]:
        """The output of the decoder as a normalised image, to look at: (B, C, H, W).

        None where it is no image; then there is no ``l1`` of it and no picture.
        """
        return None


@MODELS.register_module()
class PixelTarget(ReconstructionTarget):
    """Normalised pixels at masked positions (paper A.1.1)."""

    def pixels(self, reconstruction: Tensor, images: Tensor) -> Tensor:
        """The output itself."""
        return reconstruction

    def __call__(self, reconstruction: Tensor, images: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As the base class says, K = C."""
        return reconstruction - images, mask


@MODELS.register_module()
class PatchNormTarget(ReconstructionTarget):
    """Pixels normalised within their patch (He et al. 2022, table 1d; facebookresearch/mae: ``norm_pix_loss``).

    ``(x - mean) / sqrt(var + 1e-6)`` over all pixels and channels of a patch, ``var`` with
    Bessel's correction. The decoder predicts these values.

    Args:
        patch_size: side of a patch of the mask in pixels, filled in by :class:`mmnas_mae.MAENAS`.

    Raises:
        ValueError: there is no ``patch_size``.
    """

    def __init__(self, patch_size: Optional[int] = None) -> None:
        super().__init__(patch_size)
        if patch_size is None:
            raise ValueError('PatchNormTarget.patch_size must be that of the mask generator, got None')

    def __call__(self, reconstruction: Tensor, images: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As the base class says, K = C."""
        mean, std = self._statistics(images)
        return reconstruction - (images - mean) / std, mask

    def pixels(self, reconstruction: Tensor, images: Tensor) -> Tensor:
        """The output with mean and deviation of the true patches, as the authors draw it."""
        mean, std = self._statistics(images)
        return reconstruction * std + mean

    def _statistics(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and deviation of the patch of each pixel: (B, 1, H, W) each."""
        batch, channels, height, width = images.shape
        side = self.patch_size
        patches = images.reshape(batch, channels, height // side, side, width // side, side)
        var, mean = torch.var_mean(patches, dim=(1, 3, 5), correction=1)
        both = torch.stack([mean, (var + 1e-6).sqrt()])
        mean, std = both.unsqueeze(2).repeat_interleave(side, 3).repeat_interleave(side, 4)
        return mean, std


@MODELS.register_module()
class GradientTarget(ReconstructionTarget):
    """Horizontal and vertical forward differences of the image, where a masked pixel takes part.

    The picture that is differentiated has the true pixels where they are visible. So a
    difference across the border of a hole ties it to its surroundings; differences within
    holes alone would leave the brightness of each one free, and what the decoder gives
    for visible pixels counts for nothing.
    """

    def pixels(self, reconstruction: Tensor, images: Tensor) -> Tensor:
        """The output itself."""
        return reconstruction

    def __call__(self, reconstruction: Tensor, images: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """As the base class says, K = 2 C: all horizontal differences, then all vertical ones.

        A difference lies at the first of its two pixels; none starts in the last column or row.
        """
        # Differences are linear: those of the error are the error of those.
        error = (reconstruction - images) * mask
        pairs = (torch.maximum(mask[..., 1:], mask[..., :-1]), torch.maximum(mask[..., 1:, :], mask[..., :-1, :]))
        steps = (error[..., 1:] - error[..., :-1], error[..., 1:, :] - error[..., :-1, :])
        pads = ((0, 1), (0, 0, 0, 1))
        where = [F.pad(pair, pad).expand_as(error) for pair, pad in zip(pairs, pads)]
        return torch.cat([F.pad(step, pad) for step, pad in zip(steps, pads)], 1), torch.cat(where, 1)
