"""Back from normalised images to pixels."""

from torch import Tensor, nn


def raw_pixels(images: Tensor, data_preprocessor: nn.Module) -> tuple[Tensor, Tensor, Tensor]:
    """Undoes the normalisation of a data preprocessor.

    Args:
        images (Tensor): (B, 3, H, W), normalised.

    Returns:
        tuple: pixels (B, 3, H, W) in 0 to 255, and mean and std that make ``images`` of
        them, (3, 1, 1): 0 and 1 where the data preprocessor does not normalise.
    """
    mean = getattr(data_preprocessor, 'mean', None)
    if mean is None:
        mean, std = images.new_zeros(3, 1, 1), images.new_ones(3, 1, 1)
    else:
        std = data_preprocessor.std
    return images * std + mean, mean, std
