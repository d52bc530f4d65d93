"""Crop, flip and normalisation of whole batches on the device."""

from typing import Any, Optional, Sequence, Union

import torch
import torch.nn.functional as F
from mmengine.model import ImgDataPreprocessor
from torch import Tensor

from ...registry import MODELS
from ...utils.ranges import INDEX
from ..kernels.transfer import to_device


@MODELS.register_module()
class SearchDataPreprocessor(ImgDataPreprocessor):
    """MMEngine's preprocessor, which in training first crops and flips the batch at random.

    In place of ``RandomCrop(padding=padding)`` and ``RandomFlip(prob=flip_prob)`` in the
    pipeline, with the same distribution: zeros around the image, every corner equally
    likely. The draws come from a generator of its own, which
    :class:`mmnas_mae.RandomStateHook` seeds by (seed of the run, rank) and saves.

    Args:
        padding: pixels on each side that the crop may move by; the size stays.
        flip_prob: probability of a horizontal flip.
        seed: seed of the draws outside a run.
        mean, std: in units of 0 to 255, one number, or one for each channel of the images, of which there
            may be any number.
        **kwargs: ``bgr_to_rgb``, ... of MMEngine's ``ImgDataPreprocessor``.

    Raises:
        ValueError: a setting lies outside its range, the images of a batch differ in size, or they have
            another number of channels than ``mean``.
    """

    def __init__(
        self,
        padding: int = 4,
        flip_prob: float = 0.5,
        seed: int = 0,
        mean: Optional[Sequence[float]] = None,
        std: Optional[Sequence[float]] = None,
        **kwargs: Any,
    ) -> None:
        numbers = [values for values in (mean, std) if values is not None]
        if len(numbers) == 1 or len({len(values) for values in numbers}) > 1:
            raise ValueError(f'data_preprocessor needs as many numbers in mean as in std, got {mean} and {std}')
        # MMEngine takes one number or three.
        super().__init__(mean=mean and mean[:1], std=std and std[:1], **kwargs)
        for name, values in zip(('mean', 'std'), numbers):
            self.register_buffer(name, torch.tensor([float(value) for value in values]).view(-1, 1, 1), False)
        INDEX.check('data_preprocessor.padding', padding)
        if not 0 <= flip_prob <= 1:
            raise ValueError(f'data_preprocessor.flip_prob must lie between 0 and 1, got {flip_prob}')
        self.padding = padding
        self.flip_prob = flip_prob
        self.generator = torch.Generator().manual_seed(seed)

    def generators(self) -> list[torch.Generator]:
        """The generator of crops and flips."""
        return [self.generator]

    def forward(self, data: dict, training: bool = False) -> Union[dict, list]:
        """As ImgDataPreprocessor; ``inputs`` (B, C, H, W) or B images (C, H, W), uint8."""
        data = self.cast_data(data)
        channels = data['inputs'][0].shape[0]
        if self._enable_normalize and len(self.mean) not in (1, channels):
            # What is not 3 would be broadcast.
            raise ValueError(f'data_preprocessor.mean has {len(self.mean)} numbers for images of {channels} channels')
        if training and (self.padding or self.flip_prob):
            images = data['inputs']
            if not isinstance(images, Tensor):
                sizes = sorted({tuple(image.shape) for image in images})
                if len(sizes) > 1:
                    raise ValueError(f'SearchDataPreprocessor crops batches of images of one size, got {sizes}')
                images = torch.stack(list(images))
            data = dict(data, inputs=self.augment(images))
        return super().forward(data, training)

    def augment(self, images: Tensor) -> Tensor:
        """Crops and flips each image (B, C, H, W)."""
        batch = len(images)
        corners = torch.randint(2 * self.padding + 1, (2, batch), generator=self.generator)
        flips = torch.rand(batch, generator=self.generator) < self.flip_prob
        return crop_and_flip(images, corners[0], corners[1], flips, self.padding)


def crop_and_flip(
    images: Tensor, tops: Tensor, lefts: Tensor, flips: Optional[Tensor] = None, padding: int = 4
) -> Tensor:
    """Pads by zeros, cuts each image at its corner to its old size, and mirrors those of ``flips``.

    Args:
        images (Tensor): (B, C, H, W).
        tops, lefts (Tensor): (B,) corners in the padded image.
        flips (Tensor): (B,) bool.

    Returns:
        Tensor: (B, C, H, W), channels last in memory.
    """
    height, width = images.shape[2:]
    device = images.device
    padded = F.pad(images, (padding,) * 4).permute(0, 2, 3, 1).contiguous()
    rows = tops.view(-1, 1) + torch.arange(height)
    cols = torch.arange(width).expand(len(images), -1)
    if flips is not None:
        cols = torch.where(flips.view(-1, 1), width - 1 - cols, cols)
    cols = lefts.view(-1, 1) + cols
    # One number for each pixel of the padded batch, so that a single gather cuts them all.
    span = padded.shape[2]
    places = (torch.arange(len(images)).view(-1, 1, 1) * padded.shape[1] + rows.unsqueeze(2)) * span + cols.unsqueeze(1)
    out = padded.flatten(0, 2).index_select(0, to_device(places.flatten(), device))
    return out.view(len(images), height, width, -1).permute(0, 3, 1, 2)
