"""Images: sides that a network can take, pictures of reconstructions."""

from typing import Iterable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

#: Smallest side of a tile in pixels: a person should see what a 32-pixel image shows.
_TILE = 96


def fitting_sides(sides: Iterable[int], step: int) -> list[int]:
    """The multiples of ``step`` beside each of ``sides``, in pixels, the smallest first."""
    return sorted({step * max(1, side // step + more) for side in sides for more in (0, 1)})


def reconstruction_grid(
    images: Tensor, masks: Tensor, reconstructions: Tensor, mean: Tensor, std: Tensor
) -> np.ndarray:
    """Three rows: original, masked, and reconstructed where it was masked.

    Args:
        images, reconstructions (Tensor): (N, C, H, W), normalised. One channel is drawn in grey, of more than
            three the first three in red, green and blue, of two the second in green.
        masks (Tensor): (N, 1, H, W), 1 = masked.
        mean, std (Tensor): (C, 1, 1) or (1, 1, 1), of the normalisation, in units of 0 to 255.

    Returns:
        np.ndarray: uint8, (height, width, 3), small images magnified.
    """
    pixels = images * std + mean
    filled = pixels * (1 - masks) + (reconstructions * std + mean) * masks
    rows = torch.stack([pixels, pixels * (1 - masks) + 127.0 * masks, filled])
    rows = _colours(rows.clamp(0, 255).round().cpu())
    factor = -(-_TILE // images.shape[-1])
    rows = rows.repeat_interleave(factor, -1).repeat_interleave(factor, -2)
    rows = F.pad(rows, (2, 2, 2, 2), value=255)
    _, _, _, height, width = rows.shape
    grid = rows.permute(0, 3, 1, 4, 2).reshape(3 * height, len(images) * width, 3)
    return grid.numpy().astype(np.uint8)


def _colours(images: Tensor) -> Tensor:
    """(..., C, H, W) -> (..., 3, H, W)."""
    channels = images.shape[-3]
    if channels == 1:
        return images.expand(*images.shape[:-3], 3, -1, -1)
    return F.pad(images, (0, 0, 0, 0, 0, max(0, 3 - channels)))[..., :3, :, :]
