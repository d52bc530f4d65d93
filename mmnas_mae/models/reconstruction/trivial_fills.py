"""What can be said of masked pixels without a network: the yardsticks of a reconstruction loss."""

import torch
import torch.nn.functional as F
from torch import Tensor


def image_mean(images: Tensor, mask: Tensor) -> Tensor:
    """Masked pixels become the mean of the visible pixels of their image and channel.

    Args:
        images (Tensor): (B, C, H, W), in any unit.
        mask (Tensor): (B, 1, H, W), 1 = masked.

    Returns:
        Tensor: (B, C, H, W).

    Raises:
        ValueError: the mask has another shape, or leaves nothing of an image visible.
    """
    return torch.where(mask > 0, _visible_mean(images, mask).to(images.dtype), images)


def diffusion_fill(images: Tensor, mask: Tensor, tolerance: float = 1e-6, max_iterations: int = 10_000) -> Tensor:
    """Masked pixels become the harmonic function that continues the visible ones.

    It solves the discrete Laplace equation: each masked pixel is the mean of its direct
    neighbours (four, fewer at the border of the image, which so reflects), the visible
    pixels being given. Conjugate gradients in double precision, each channel of each image
    on its own, with the number of neighbours as preconditioner.

    Args:
        images (Tensor): (B, C, H, W), in any unit.
        mask (Tensor): (B, 1, H, W), 1 = masked.
        tolerance: by how much a masked pixel may still differ from the mean of its
            neighbours, as a share of the largest visible absolute value.
        max_iterations: steps at most.

    Returns:
        Tensor: (B, C, H, W); visible pixels as they were.

    Raises:
        ValueError: the mask has another shape, or leaves nothing of an image visible.
        RuntimeError: ``tolerance`` is not reached.
    """
    filled = torch.where(mask > 0, _visible_mean(images, mask), images.double())
    hole = (mask > 0).double()
    degree = _neighbours(torch.ones_like(hole))
    limit = tolerance * float(filled.abs().max())
    residual = hole * (_neighbours(filled) - degree * filled)
    direction = torch.zeros_like(filled)
    before = filled.new_ones(*filled.shape[:2], 1, 1)
    for _ in range(max_iterations):
        scaled = residual / degree
        if float(scaled.abs().max()) <= limit:
            return torch.where(mask > 0, filled.to(images.dtype), images)
        product = _dot(residual, scaled)
        direction = scaled + _ratio(product, before) * direction
        image = hole * (degree * direction - _neighbours(direction))
        step = _ratio(product, _dot(direction, image))
        filled = filled + step * direction
        residual = residual - step * image
        before = product
    raise RuntimeError(f'diffusion_fill does not reach tolerance={tolerance:g} in max_iterations={max_iterations}')


#: What needs no network, by name: functions of images (B, C, H, W) and masks (B, 1, H, W), 1 = masked.
TRIVIAL_FILLS = dict(image_mean=image_mean, diffusion_fill=diffusion_fill)


def _visible_mean(images: Tensor, mask: Tensor) -> Tensor:
    """Mean of the visible pixels in double precision: (B, C, 1, 1)."""
    expected = (images.shape[0], 1, *images.shape[2:])
    if mask.shape != expected:
        raise ValueError(f'mask must be {expected} for images of {tuple(images.shape)}, got {tuple(mask.shape)}')
    visible = (mask <= 0).double()
    count = visible.sum((2, 3), keepdim=True)
    empty = (count == 0).flatten().nonzero().flatten().tolist()
    if empty:
        raise ValueError(f'mask must leave a pixel of every image visible; it leaves none of the images {empty}')
    return (images * visible).sum((2, 3), keepdim=True) / count


def _neighbours(x: Tensor) -> Tensor:
    """Sum over the direct neighbours within the image: (B, C, H, W)."""
    padded = F.pad(x, (1, 1, 1, 1))
    return padded[..., 1:-1, :-2] + padded[..., 1:-1, 2:] + padded[..., :-2, 1:-1] + padded[..., 2:, 1:-1]


def _dot(a: Tensor, b: Tensor) -> Tensor:
    return (a * b).sum((2, 3), keepdim=True)


def _ratio(a: Tensor, b: Tensor) -> Tensor:
    """``a / b``, and 0 for a channel that is solved already."""
    return torch.where(b > 0, a / b.clamp_min(torch.finfo(b.dtype).tiny), torch.zeros_like(a))
