"""Real images with nothing to download: crops of photographs that come inside installed packages."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, Callable, Optional, Sequence, Union

import numpy as np
from mmengine.dataset import BaseDataset
from PIL import Image

from ..registry import DATASETS
from .read_image import read_image

#: (import name, distribution name, path inside the package) of the colour photographs.
PHOTOS = (
    ('skimage', 'scikit-image', 'data/astronaut.png'),
    ('skimage', 'scikit-image', 'data/chelsea.png'),
    ('skimage', 'scikit-image', 'data/coffee.png'),
    ('skimage', 'scikit-image', 'data/motorcycle_left.png'),
    ('skimage', 'scikit-image', 'data/rocket.jpg'),
    ('sklearn', 'scikit-learn', 'datasets/images/china.jpg'),
    ('sklearn', 'scikit-learn', 'datasets/images/flower.jpg'),
)
SPLITS = ('train', 'val')


@DATASETS.register_module()
class PhotoCrops(BaseDataset):
    """Square crops of seven colour photographs inside scikit-image and scikit-learn.

    A band of columns to the right of each photograph's middle is held out: ``val`` crops
    lie inside it, ``train`` crops outside, so the two share no pixel. Crops are numbered
    photograph by photograph; neighbours overlap where ``stride < size``.

    Args:
        size: side of a crop in pixels.
        stride: distance of neighbouring crops in pixels; ``size // 4`` in ``train`` and
            ``size // 2`` in ``val`` by default.
        split: ``train`` or ``val``.
        downscale: each photograph is first reduced by this factor, by averaging areas,
            so that small crops hold more than a flat surface.
        holdout: share of the columns that is held out; at least ``size`` columns are.
        pipeline: transforms. Samples hold their image, so no loading step is needed.
        **kwargs: ``metainfo``, ``indices``, ``test_mode``, ``lazy_init``, ``max_refetch``
            of :class:`mmengine.dataset.BaseDataset`.

    Raises:
        ValueError: a setting is out of range, or no photograph is large enough.
        ModuleNotFoundError: a package is missing.
        FileNotFoundError: a package came without its photographs.
    """

    def __init__(
        self,
        size: int = 32,
        stride: Optional[int] = None,
        split: str = 'train',
        downscale: int = 2,
        holdout: float = 0.2,
        pipeline: Sequence[Union[dict, Callable]] = (),
        **kwargs: Any,
    ) -> None:
        if split not in SPLITS:
            raise ValueError(f'split must be one of {SPLITS}, got {split!r}')
        if stride is None:
            stride = max(1, size // 4 if split == 'train' else size // 2)
        for name, value in dict(size=size, stride=stride, downscale=downscale).items():
            if value < 1:
                raise ValueError(f'PhotoCrops.{name} must be at least 1, got {value}')
        if not 0 < holdout < 1:
            raise ValueError(f'PhotoCrops.holdout must lie between 0 and 1, got {holdout}')
        self.size = size
        self.stride = stride
        self.split = split
        self.downscale = downscale
        self.holdout = holdout
        # The list of samples is a range of numbers; to serialize it would only make it larger.
        kwargs['serialize_data'] = False
        super().__init__(data_prefix={}, pipeline=list(pipeline), **kwargs)

    def load_data_list(self) -> range:
        """Cuts the crops: ``images`` (N, size, size, 3) uint8, ``boxes`` (N, 3) of photo, top, left.

        Raises:
            ValueError: no photograph holds one.
        """
        images, boxes = [], []
        for number, (package, distribution, path) in enumerate(PHOTOS):
            photo = load_photo(package, distribution, path, self.downscale)
            for top, left in self._corners(*photo.shape[:2]):
                images.append(photo[top : top + self.size, left : left + self.size])
                boxes.append((number, top, left))
        if not images:
            raise ValueError(
                f'no photograph holds a {self.split} crop of size {self.size} with downscale {self.downscale} and '
                f'holdout {self.holdout}; lower size or downscale'
            )
        self.images = np.stack(images)
        self.boxes = np.array(boxes, dtype=np.int64)
        return range(len(images))

    def _corners(self, height: int, width: int) -> list[tuple[int, int]]:
        """Top left corners of the crops of a photograph."""
        band = max(self.size, round(self.holdout * width))
        middle = max(0, min(width // 2, width - band))
        spans = [(0, middle), (middle + band, width)] if self.split == 'train' else [(middle, middle + band)]
        tops = range(0, height - self.size + 1, self.stride)
        lefts = [left for start, stop in spans for left in range(start, stop - self.size + 1, self.stride)]
        return [(top, left) for top in tops for left in lefts]

    def get_data_info(self, idx: int) -> dict:
        """A crop.

        Returns:
            dict: ``img`` (size, size, 3) uint8 RGB, ``img_path`` ('skimage/data/coffee.png#top,left',
            in pixels of the reduced photograph), ``img_shape``, ``ori_shape``, ``sample_idx``.
        """
        self.full_init()
        number = int(self.data_list[idx])
        photo, top, left = self.boxes[number]
        shape = (self.size, self.size)
        return dict(
            img=self.images[number].copy(),
            img_path=f'{PHOTOS[photo][0]}/{PHOTOS[photo][2]}#{top},{left}',
            img_shape=shape,
            ori_shape=shape,
            sample_idx=idx % len(self.data_list),
        )


def load_photo(package: str, distribution: str, path: str, downscale: int = 1) -> np.ndarray:
    """A photograph inside a package, as (H, W, 3) uint8 RGB.

    Raises:
        ModuleNotFoundError: the package is missing.
        FileNotFoundError: the package came without the file.
    """
    # By path: the packages' own loaders would import all of them, or start a download.
    spec = find_spec(package)
    if spec is None:
        raise ModuleNotFoundError(
            f'PhotoCrops reads a photograph of {distribution}, which is not installed: pip install {distribution}',
            name=package,
        )
    file = Path(spec.submodule_search_locations[0]) / path
    if not file.is_file():
        raise FileNotFoundError(f'the installed {distribution} came without the photograph {path}; reinstall it')
    return np.array(Image.fromarray(read_image(file)).reduce(downscale))
