"""Back from normalised images to pixels."""

from torch import Tensor, nn


def raw_pixels(images: Tensor, data_preprocessor: nn.Module) -> tuple[Tensor, Tensor, Tensor]:
    """Undoes the normalisation of a data preprocessor.

    Args:
        images (Tensor): (B, C, H, W), normalised.

    Returns:
        tuple: pixels (B, C, H, W) in 0 to 255, and mean and std that make ``images`` of
        them, (C, 1, 1) or (1, 1, 1): 0 and 1 where the data preprocessor does not normalise.
    """
    mean = getattr(data_preprocessor, 'mean', None)
    if mean is None:
        mean, std = images.new_zeros(1, 1, 1), images.new_ones(1, 1, 1)
    else:
        std = data_preprocessor.std
    return images * std + mean, mean, std


def need_colours(model: nn.Module, unless: str = '') -> None:
    """Refuses a search network for other images than RGB.

    Raises:
        ValueError: its images do not have three channels.
    """
    channels = model.backbone.in_channels
    if channels != 3:
        raise ValueError(f'{type(model).__name__} needs RGB images, so backbone.in_channels=3{unless}, got {channels}')
