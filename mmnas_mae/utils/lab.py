"""The CIE Lab colour space, and the colour bins of colourisation."""

import math

import torch
from torch import Tensor

#: Distance of neighbouring colour bins along a and b.
BIN_SIZE = 10

# Linear sRGB to XYZ, each row over the white point D65 (2 degrees): the constants of skimage.color.
_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_WHITE = (0.95047, 1.0, 1.08883)


def rgb_to_lab(images: Tensor) -> Tensor:
    """sRGB to CIE Lab under D65, as ``skimage.color.rgb2lab``.

    Args:
        images (Tensor): (B, 3, H, W), 0 to 255; values outside are clipped, so that every
            result is the colour of some pixel.

    Returns:
        Tensor: (B, 3, H, W), L in 0 to 100, a and b.
    """
    rgb = (images if images.dtype == torch.float64 else images.float()).clamp(0, 255) / 255
    linear = torch.where(rgb > 0.04045, ((rgb + 0.055) / 1.055).pow(2.4), rgb / 12.92)
    matrix = linear.new_tensor([[value / white for value in row] for row, white in zip(_XYZ, _WHITE)])
    # Not a matrix product, which mixed precision would round.
    xyz = (matrix.view(1, 3, 3, 1, 1) * linear.unsqueeze(1)).sum(2)
    x, y, z = torch.where(xyz > 0.008856, xyz.clamp_min(0.008856).pow(1 / 3), 7.787 * xyz + 16 / 116).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def ab_bins() -> Tensor:
    """The 313 colour bins of Zhang et al. 2016, derived from the gamut of sRGB.

    A bin is a corner of a square of a grid of step 10 in the plane of a and b that the
    convex hull of the gamut touches. These are the published points, in their order
    (by a, then b). So all four corners of the square that a colour lies in are bins, and
    the nearest bin of a colour is the nearest point of the grid.

    Returns:
        Tensor: (313, 2), whole multiples of 10.
    """
    # The hull is spanned by the edges of the colour cube, of which a few points give its support to 0.01.
    levels = torch.linspace(0, 255, 52, dtype=torch.float64)
    colours = torch.cartesian_prod(levels, levels, levels)
    colours = colours[((colours == 0) | (colours == 255)).sum(1) >= 2]
    gamut = rgb_to_lab(colours.T.reshape(1, 3, 1, -1))[0, 1:, 0].T
    angles = torch.arange(3600, dtype=torch.float64) * (2 * math.pi / 3600)
    directions = torch.stack([angles.cos(), angles.sin()])
    support = (gamut @ directions).amax(0)
    # A square and a convex set are apart if and only if they are apart along some direction.
    steps = torch.arange(-13, 13)
    squares = torch.cartesian_prod(steps, steps)
    centres = BIN_SIZE * (squares + 0.5).double()
    nearest = centres @ directions - BIN_SIZE / 2 * directions.abs().sum(0)
    touched = squares[(nearest <= support).all(1)]
    corners = touched.unsqueeze(1) + torch.cartesian_prod(torch.arange(2), torch.arange(2))
    return BIN_SIZE * torch.unique(corners.flatten(0, 1), dim=0)
