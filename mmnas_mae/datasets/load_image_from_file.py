"""The loading step of a pipeline."""

from typing import Any, Optional, Sequence

from ..registry import TRANSFORMS
from .decode_image import MAX_PIXELS
from .read_image import ImageReader


@TRANSFORMS.register_module()
class LoadImageFromFile:
    """Reads ``img_path`` as :class:`mmnas_mae.datasets.ImageReader` does, for data sets of mmpretrain and mmdet.

    Takes the place of the transform of that name, which makes 8-bit BGR of everything; the inferencers know it
    by the name.

    Args:
        channels, value_range, channel_order, max_pixels: as for :class:`mmnas_mae.datasets.ImageReader`, but BGR by
            default, as everywhere in OpenMMLab.

    Raises:
        ValueError: a setting is out of range.
    """

    def __init__(
        self,
        channels: int = 3,
        value_range: Optional[Sequence[float]] = None,
        channel_order: str = 'bgr',
        max_pixels: int = MAX_PIXELS,
    ) -> None:
        self.reader = ImageReader(channels, value_range, channel_order, max_pixels)

    def __call__(self, results: dict[str, Any]) -> dict[str, Any]:
        """
        Args:
            results: ``img_path``.

        Returns:
            dict: with ``img`` (H, W, C) uint8, ``img_shape`` and ``ori_shape`` (H, W).

        Raises:
            RuntimeError: the image cannot be read so; names it.
        """
        image = self.reader(results['img_path'])
        return dict(results, img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2])

    def __repr__(self) -> str:
        return f'{type(self).__name__}({self.reader})'
