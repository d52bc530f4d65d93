"""Any folder of images."""

import os
from collections import Counter
from typing import Any, Callable, NamedTuple, Optional, Sequence, Union

from ..registry import DATASETS
from ..utils.records import digest
from .decode_image import MAX_PIXELS
from .image_survey import SurveyedImages, check_share, file_stamp
from .read_image import SUFFIXES, ImageReader, Pixels


@DATASETS.register_module()
class ImageFolder(SurveyedImages):
    """The images of a folder and of all folders below it, read by :class:`mmnas_mae.datasets.ImageReader`.

    Images are known by their suffix, in any case. Links are followed; an image that several names lead to
    counts once. Files and folders whose name begins with a dot are left out. Before anything is trained every image
    is decoded once; how many were found, used and skipped, why, their sizes and channels are logged. Samples
    hold their image, so a pipeline needs no loading step.

    Args:
        data_root: the folder.
        with_label: whether each folder directly in ``data_root`` is a class. Images in none are left out then.
        classes: names of the classes in the order of their numbers; by default the sorted names of these folders.
        channels, value_range, channel_order, max_pixels: as for :class:`mmnas_mae.datasets.ImageReader`.
        max_broken: share of the images that may be skipped because they cannot be read as these
            settings ask; with 0 the first is an error. None decodes none beforehand, and one that cannot be read
            is an error when it is met.
        pipeline: transforms.
        **kwargs: ``metainfo``, ``indices``, ``test_mode``, ``lazy_init``, ``max_refetch``
            of :class:`mmengine.dataset.BaseDataset`.

    Attributes:
        survey (ImageSurvey): what was found, None without ``max_broken``.

    Raises:
        ValueError: a setting is out of range, or a folder is none of ``classes``.
        FileNotFoundError: ``data_root`` is no folder, or holds no image.
        RuntimeError: too many images cannot be read, or a folder cannot be opened.
    """

    def __init__(
        self,
        data_root: str,
        with_label: bool = False,
        classes: Optional[Sequence[str]] = None,
        channels: int = 3,
        value_range: Optional[Sequence[float]] = None,
        channel_order: str = 'rgb',
        max_broken: Optional[float] = 0.01,
        max_pixels: int = MAX_PIXELS,
        pipeline: Sequence[Union[dict, Callable]] = (),
        **kwargs: Any,
    ) -> None:
        self.reader = ImageReader(channels, value_range, channel_order, max_pixels)
        self.with_label = with_label
        self.classes = None if classes is None else tuple(classes)
        self.max_broken = check_share(max_broken)
        super().__init__(data_root=str(data_root), data_prefix={}, pipeline=list(pipeline), **kwargs)

    def load_data_list(self) -> list[dict]:
        """Lists the images and, with ``max_broken``, decodes them once."""
        root = os.path.expanduser(self.data_root)
        found = list_images(root)
        names = [name for name in found.names if '/' in name] if self.with_label else list(found.names)
        others = Counter(found.others)
        if len(names) < len(found.names):
            others['in no folder of a class'] = len(found.names) - len(names)
        self._others = told = ', '.join(f'{count} {what}' for what, count in others.items())
        if not names:
            raise FileNotFoundError(
                f'data_root {self.data_root!r} holds no image{" in a folder of its class" if self.with_label else ""}'
                f'{f"; there are {told}" if told else ""}'
            )
        labels = self._labels(names)
        if self.max_broken is not None:
            stamps = tuple((name, *file_stamp(os.path.join(root, name))) for name in names)
            paths = [os.path.join(root, name) for name in names]
            used = self.look_through((root, stamps), len(paths), lambda number: (paths[number], None))
            names = [names[number] for number in used]
        return [dict(img_path=os.path.join(root, name), **labels(name)) for name in names]

    def fingerprint(self) -> str:
        """A hash of names below the folder and sizes of the images, by which a resumed run knows them again."""
        paths = [super(ImageFolder, self).get_data_info(number)['img_path'] for number in range(len(self))]
        root = os.path.expanduser(self.data_root)
        files = [(os.path.relpath(path, root), file_stamp(path)[0]) for path in paths]
        return digest(repr(files).encode())

    def load_raw(self, idx: int) -> Pixels:
        """An image as it is stored, upright.

        Raises:
            RuntimeError: it cannot be decoded.
        """
        return self.reader.load(super().get_data_info(idx)['img_path'])

    def _labels(self, names: Sequence[str]) -> Callable[[str], dict]:
        if not self.with_label:
            return lambda name: {}
        folders = sorted({name.partition('/')[0] for name in names})
        classes = folders if self.classes is None else self.classes
        unknown = [folder for folder in folders if folder not in classes]
        if unknown:
            raise ValueError(f'data_root {self.data_root!r} has the folder {unknown[0]!r}, which is none of {classes}')
        self._metainfo['classes'] = tuple(classes)
        numbers = {name: number for number, name in enumerate(classes)}
        return lambda name: dict(gt_label=numbers[name.partition('/')[0]])

    def get_data_info(self, idx: int) -> dict:
        """Reads an image.

        Args:
            idx: place in the data set.

        Returns:
            dict: ``img`` (H, W, C) uint8, ``img_path``, ``img_shape`` and ``ori_shape`` (H, W), ``sample_idx``,
            and ``gt_label`` with ``with_label``.
        """
        info = super().get_data_info(idx)
        info['img'] = self.reader(info['img_path'])
        info['img_shape'] = info['ori_shape'] = info['img'].shape[:2]
        return info


class FoundImages(NamedTuple):
    """Images of a folder.

    Args:
        names: their paths below the folder, with slashes, sorted.
        others: how many of what else there was.
    """

    names: tuple[str, ...]
    others: dict[str, int]


def list_images(root: Union[str, os.PathLike]) -> FoundImages:
    """The images of a folder and of those below it, by their suffix.

    Raises:
        FileNotFoundError: there is no such folder.
        RuntimeError: a folder cannot be opened.
    """
    root = os.fspath(root)
    if not os.path.isdir(root):
        raise FileNotFoundError(
            f'data_root {root!r} is no folder; configs for your own images take it from the variable IMAGE_FOLDER'
        )
    own, linked, others = [], [], Counter()
    opened = set()
    stack = [('', False)]
    while stack:
        folder, through_link = stack.pop()
        real = os.path.realpath(os.path.join(root, folder))
        if through_link and real in opened:
            continue
        opened.add(real)
        try:
            entries = list(os.scandir(os.path.join(root, folder)))
        except OSError as error:
            raise RuntimeError(f'a folder in data_root {root!r} cannot be opened: {error}') from None
        for entry in entries:
            name = f'{folder}/{entry.name}'.lstrip('/')
            is_linked = through_link or entry.is_symlink()
            if entry.name.startswith('.'):
                others['hidden'] += 1
            elif entry.is_dir():
                stack.append((name, is_linked))
            elif os.path.splitext(entry.name)[1].lower() in SUFFIXES:
                (linked if is_linked else own).append(name)
            else:
                others[f'{os.path.splitext(entry.name)[1].lower() or "without suffix"}'] += 1
    seen = {os.path.realpath(os.path.join(root, name)) for name in own}
    for name in sorted(linked):
        real = os.path.realpath(os.path.join(root, name))
        if real in seen:
            others['second name of an image'] += 1
            continue
        seen.add(real)
        own.append(name)
    return FoundImages(tuple(sorted(own)), dict(sorted(others.items())))
