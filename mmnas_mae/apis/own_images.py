"""What configs for your own images have in common: what they leave open is read from the images."""

import math
from collections import Counter
from pathlib import Path
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Sequence

import numpy as np
from mmengine.config import Config

from ..datasets.read_image import ImageReader, Pixels
from ..registry import DATASETS
from ..utils.config import LOADERS
from ..utils.images import fitting_sides

#: Images that mean, deviation and number of channels are read from.
_SAMPLE = 100
#: Pixels of an image that its mean and deviation are read from.
_PIXELS = 10**6
#: Mean and deviation of RGB images, those of ImageNet.
RGB_MEAN, RGB_STD = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]
#: Above it the stem of ImageNet, of stride 8, keeps a network affordable.
LARGEST_CIFAR = 64
#: Stride of the last feature behind each stem.
_STRIDES = dict(cifar=4, imagenet=32)


class ImageFacts(NamedTuple):
    """What a config has to know of images.

    Args:
        channels: how they are read.
        side: median of the shorter sides in pixels.
        mean, std: of their values in 0 to 255, one for each channel.
        classes: names of their classes; empty without labels.
        count: how many were found.
    """

    channels: int
    side: int
    mean: list[float]
    std: list[float]
    classes: tuple[str, ...] = ()
    count: int = 0


class OwnImages:
    """The images of a folder or of Parquet files, and what a config leaves open on their account.

    ``own_images=dict(type='mmnas_mae.OwnSearch', ...)`` in a config is such an object:
    :func:`mmnas_mae.utils.config.read_config` calls it with the config, in which it sets what is absent or None.
    What the config or an option sets counts over it.

    Args:
        data_root: a folder of images; a Parquet file or a folder of them, directly in it.
        size: side of the square that networks see, in pixels; a default by the images.
        channels: as for :class:`mmnas_mae.ImageFolder`; None reads it from the images: the number of bands
            where most have bands, else 3.
        value_range, max_broken: as for :class:`mmnas_mae.ImageFolder`.
        image_column, label_column: as for :class:`mmnas_mae.ParquetImages`.
    """

    with_label = False
    channel_order = 'rgb'

    def __init__(
        self,
        data_root: str,
        size: Optional[int] = None,
        channels: Optional[int] = None,
        value_range: Optional[Sequence[float]] = None,
        max_broken: Optional[float] = 0.01,
        image_column: str = 'image',
        label_column: str = 'label',
    ) -> None:
        self.data_root = str(data_root)
        if '{{' in self.data_root:
            # MMEngine would replace it when it reads the config that a run leaves.
            raise ValueError(f"own_images.data_root (IMAGE_FOLDER) must not contain '{{{{', got {self.data_root!r}")
        if size is not None and (not isinstance(size, int) or size < 8):
            raise ValueError(f'own_images.size must be a whole number of pixels, at least 8, got {size!r}')
        self.size = size
        self.channels = channels
        self.value_range = value_range
        self.max_broken = max_broken
        self.image_column = image_column
        self.label_column = label_column

    def source(self, channels: int, data_root: Optional[str] = None) -> dict[str, Any]:
        """The config of their data set."""
        root = self.data_root if data_root is None else data_root
        read = dict(channels=channels, value_range=self.value_range, channel_order=self.channel_order)
        shared = dict(data_root=root, max_broken=self.max_broken, **read)
        if _holds_parquet(root):
            labels = dict(label_column=self.label_column) if self.with_label else {}
            return dict(type='mmnas_mae.ParquetImages', image_column=self.image_column, **labels, **shared)
        return dict(type='mmnas_mae.ImageFolder', with_label=self.with_label, **shared)

    def look(self) -> ImageFacts:
        """Reads the images: all once with ``max_broken``, a sample of them without.

        Raises:
            FileNotFoundError: there are none.
            RuntimeError: too many cannot be read.
        """
        images = DATASETS.build(dict(self.source(self.channels or 3), max_broken=None))
        numbers = [int(number) for number in np.linspace(0, len(images) - 1, min(len(images), _SAMPLE))]
        bands, sides = Counter(), []
        for pixels in _readable(images, numbers):
            bands[0 if pixels.colours else pixels.values.shape[2]] += 1
            sides.append(min(pixels.values.shape[:2]))
        most = bands.most_common(1)[0][0] if bands else 0
        channels = self.channels or most or 3
        checked = DATASETS.build(dict(self.source(channels), lazy_init=True))
        checked.load_data_list()
        if not sides:
            raise RuntimeError(f'data_root {self.data_root!r}: none of {len(numbers)} images can be decoded')
        side = sorted(sides)[len(sides) // 2] if checked.survey is None else checked.survey.median_side
        mean, std = (RGB_MEAN, RGB_STD) if channels == 3 else self._statistics(images, numbers, channels)
        classes = self._classes(images) if self.with_label else ()
        return ImageFacts(channels, side, list(mean), list(std), classes, len(images))

    def _statistics(self, images: Any, numbers: Sequence[int], channels: int) -> tuple[list[float], list[float]]:
        """Mean and deviation of each channel over the pixels of images, one image at a time."""
        reader = ImageReader(channels, self.value_range)
        count, total, squares = 0, np.zeros(channels), np.zeros(channels)
        for pixels in _readable(images, numbers):
            step = max(1, math.isqrt(pixels.values.shape[0] * pixels.values.shape[1] // _PIXELS))
            try:
                values = reader.fit(pixels._replace(values=pixels.values[::step, ::step]), '')
            except RuntimeError:
                continue
            values = values.reshape(-1, channels).astype(np.float64)
            count, total, squares = count + len(values), total + values.sum(0), squares + (values**2).sum(0)
        if not count:
            raise RuntimeError(f'data_root {self.data_root!r}: none of {len(numbers)} images has channels={channels}')
        mean = total / count
        # One value throughout has no scale of its own.
        std = np.sqrt(np.maximum(squares / count - mean**2, 1.0))
        return [round(float(x), 3) for x in mean], [round(float(x), 3) for x in std]

    @staticmethod
    def _classes(images: Any) -> tuple[str, ...]:
        names = tuple(images.metainfo.get('classes', ()))
        count = images.num_classes() if hasattr(images, 'num_classes') else len(names)
        return names if len(names) == count else tuple(str(number) for number in range(count))

    def fill_loaders(
        self, cfg: Config, source: Mapping[str, Any], size: int, edge: int, heldout: Optional[Mapping[str, Any]] = None
    ) -> None:
        """Data sets, of which that of validation and test may be another, and sizes of the pipelines."""
        for name in LOADERS:
            if cfg.get(name) is None:
                continue
            split = cfg[name]['dataset']
            fill(split, dict(dataset=dict(source if name == LOADERS[0] else heldout or source)))
            for step in split.get('pipeline') or split['dataset'].get('pipeline') or []:
                kind = step['type'].rpartition('.')[2]
                sizes = dict(RandomResizedCrop=dict(scale=size), ResizeEdge=dict(scale=edge))
                fill(step, sizes.get(kind, dict(crop_size=size) if kind in ('CenterCrop', 'RandomCrop') else {}))


def fill(target: Any, values: Mapping[str, Any]) -> None:
    """Sets what is absent or None in a config."""
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(target.get(key), Mapping):
            fill(target[key], value)
        elif target.get(key) is None:
            target[key] = value


def stem_of(size: int) -> str:
    """The stem of DARTS for images of this side."""
    return 'cifar' if size <= LARGEST_CIFAR else 'imagenet'


def edge_of(size: int, side: int) -> int:
    """Shorter side that an image is resized to before a square of ``size`` is cut from its middle."""
    return size if side <= size else 4 * round(size * 2 / 7)


def check_size(size: int, stem: Any, patch_size: int = 1) -> None:
    """Refuses a size that the stride of the stem, or the patches, do not divide.

    Raises:
        ValueError: names the sizes beside it that fit.
    """
    stride = _STRIDES.get(stem, 1) if isinstance(stem, str) else 1
    step = math.lcm(stride, patch_size)
    if size % step:
        fitting = ' or '.join(map(str, fitting_sides([size], step)))
        patches = f' and patches of {patch_size}' if patch_size > 1 else ''
        raise ValueError(
            f'own_images.size must be a multiple of {step}, for features of stride {stride} behind the stem '
            f'{stem!r}{patches}, such as {fitting}; got {size}'
        )


def _holds_parquet(data_root: str) -> bool:
    root = Path(data_root).expanduser()
    return bool(data_root) and (root.suffix == '.parquet' or (root.is_dir() and any(root.glob('*.parquet'))))


def _readable(images: Any, numbers: Sequence[int]) -> Iterator[Pixels]:
    """Those of some images that can be decoded; which are broken is said of all of them."""
    for number in numbers:
        try:
            yield images.load_raw(number)
        except RuntimeError:
            continue
