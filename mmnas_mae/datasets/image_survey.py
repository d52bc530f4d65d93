"""What a collection of images holds, found before anything is trained on it."""

import logging
import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Callable, Hashable, Iterator, NamedTuple, Optional, Sequence, Union

from mmengine.dataset import BaseDataset
from mmengine.logging import MMLogger, print_log

from .read_image import ImageReader, ImageSource

#: Images that a thread looks at in one go.
_CHUNK = 64
#: Images that take long enough to say so.
_MANY = 5000
#: Skipped images that a message names.
_NAMED = 3
#: Surveys that are remembered, the oldest first.
_SURVEYS: dict[Hashable, 'ImageSurvey'] = {}
_KEPT = 8


class _Look(NamedTuple):
    size: tuple[int, int] = (0, 0)
    channels: int = 0
    highest: int = 0
    problem: Optional[str] = None


@dataclass(frozen=True, eq=False)
class ImageSurvey:
    """What was found in a collection.

    Args:
        used: numbers of the images that can be read, in their order.
        skipped: of the others the number and what is wrong.
        sizes: how many of them have a size (height, width).
        channels: how many have a number of channels as they are stored.
        highest: the largest value of the images of 16 bits; 0 without one.
    """

    used: tuple[int, ...]
    skipped: tuple[tuple[int, str], ...]
    sizes: dict[tuple[int, int], int]
    channels: dict[int, int]
    highest: int = 0

    @property
    def median_side(self) -> int:
        """The median of the shorter sides of the images in pixels."""
        sides = Counter()
        for size, count in self.sizes.items():
            sides[min(size)] += count
        ordered = sorted(sides.elements())
        return ordered[len(ordered) // 2]

    def check(self, where: str, max_broken: float) -> None:
        """Refuses a collection with too many images that cannot be read.

        Raises:
            RuntimeError: they are more than ``max_broken``, or no image is left.
        """
        total = len(self.used) + len(self.skipped)
        if self.skipped and (not self.used or len(self.skipped) > max_broken * total):
            raise RuntimeError(
                f'{where}: {len(self.skipped)} of {total} images cannot be used, more than max_broken={max_broken:g} '
                f'of them: {self.reasons()}'
            )

    def reasons(self) -> str:
        """The first of the skipped images with what is wrong, on one line."""
        rest = len(self.skipped) - _NAMED
        named = [reason for _, reason in self.skipped[:_NAMED]]
        return '; '.join([*named, f'and {rest} more'] if rest > 0 else named)

    def tell(self, where: str, reader: ImageReader, others: str = '') -> None:
        """Logs what was found, and a warning where images are skipped; in each log once.

        Args:
            where: the collection.
            reader: how its images are read.
            others: what else there was.
        """
        _tell(self, where, reader, others, MMLogger.get_current_instance().instance_name)

    def _lines(self, where: str, reader: ImageReader, others: str) -> Iterator[tuple[int, str]]:
        total = len(self.used) + len(self.skipped)
        others = f'; left out {others}' if others else ''
        lines = [f'{where}: {total} images found, {len(self.used)} used, {len(self.skipped)} skipped{others}']
        if self.used:
            low, high = min(self.sizes), max(self.sizes)
            sizes = f'{low[0]}x{low[1]}' if low == high else f'{low[0]}x{low[1]} to {high[0]}x{high[1]}'
            channels = ', '.join(f'{count} with {number}' for number, count in sorted(self.channels.items()))
            median = f', median of the shorter sides {self.median_side}' if low != high else ''
            lines.append(f'height x width {sizes}{median}; channels: {channels}, read as {reader.channels}')
        yield logging.INFO, '; '.join(lines)
        if self.skipped:
            yield logging.WARNING, f'{where}: {len(self.skipped)} skipped: {self.reasons()}'
        if reader.value_range is None and 0 < self.highest < 65536 // 4:
            yield (
                logging.WARNING,
                f'{where}: no image of 16 bits has a value above {self.highest} of 65535, so they are dark: '
                f'value_range=[0,{self.highest}] would use the whole scale',
            )


@lru_cache(maxsize=64)
def _tell(survey: ImageSurvey, where: str, reader: ImageReader, others: str, log: str) -> None:
    """The parts of a search read the same images, of which their common log needs no two reports."""
    for level, line in survey._lines(where, reader, others):
        print_log(line, 'current', level)


def survey_images(
    total: int, fetch: Callable[[int], tuple[ImageSource, Optional[str]]], reader: ImageReader
) -> ImageSurvey:
    """Decodes every image once, in threads.

    Args:
        total: number of images.
        fetch: (number) -> path or bytes of an image, and its name where that is no path.
        reader: how they are read.
    """

    def look(number: int) -> _Look:
        try:
            source, name = fetch(number)
            pixels = reader.load(source, name)
            reader.fit(pixels, name or os.fspath(source))
        except RuntimeError as error:
            return _Look(problem=str(error))
        values = pixels.values
        highest = int(values.max()) if values.dtype.kind == 'u' and values.itemsize == 2 else 0
        return _Look(values.shape[:2], values.shape[2], highest)

    def look_at(numbers: Sequence[int]) -> list[_Look]:
        return [look(number) for number in numbers]

    if total > _MANY:
        print_log(f'decoding {total} images once before the start', 'current')
    chunks = [range(start, min(start + _CHUNK, total)) for start in range(0, total, _CHUNK)]
    with ThreadPoolExecutor(min(16, os.cpu_count() or 1)) as pool:
        looks = [each for chunk in pool.map(look_at, chunks) for each in chunk]
    good = [(number, each) for number, each in enumerate(looks) if each.problem is None]
    return ImageSurvey(
        used=tuple(number for number, _ in good),
        skipped=tuple((number, each.problem) for number, each in enumerate(looks) if each.problem is not None),
        sizes=dict(Counter(each.size for _, each in good)),
        channels=dict(Counter(each.channels for _, each in good)),
        highest=max((each.highest for _, each in good), default=0),
    )


class SurveyedImages(BaseDataset):
    """What data sets share that decode their images once before anything is trained.

    Attributes:
        reader (ImageReader): how images are read.
        max_broken: share of the images that may be skipped; None decodes none.
        survey (ImageSurvey): what was found, None without ``max_broken``.
    """

    reader: ImageReader
    max_broken: Optional[float] = None
    survey: Optional[ImageSurvey] = None
    #: What else than images there was, in words.
    _others = ''

    def look_through(
        self, files: Hashable, total: int, fetch: Callable[[int], tuple[ImageSource, Optional[str]]]
    ) -> tuple[int, ...]:
        """The numbers of the images that can be read; the parts of a search, which read the same, decode them once.

        Args:
            files: what changes with the images.
            total, fetch: as for :func:`survey_images`.

        Raises:
            RuntimeError: too many cannot be read.
        """
        key = (files, self.reader)
        if key not in _SURVEYS:
            while len(_SURVEYS) >= _KEPT:
                _SURVEYS.pop(next(iter(_SURVEYS)))
            _SURVEYS[key] = survey_images(total, fetch, self.reader)
        self.survey = _SURVEYS[key]
        self.survey.check(f'data_root {self.data_root!r}', self.max_broken)
        return self.survey.used

    def full_init(self) -> None:
        """Lists the images and logs what was found."""
        if self._fully_initialized:
            return
        super().full_init()
        if self.survey is not None:
            self.survey.tell(self.data_root, self.reader, self._others)


def check_share(max_broken: Optional[float]) -> Optional[float]:
    """The setting ``max_broken``, of which None leaves the images undecoded.

    Raises:
        ValueError: it is no share.
    """
    if max_broken is not None and not 0 <= max_broken <= 1:
        raise ValueError(f'max_broken must be a share of the images between 0 and 1, or None, got {max_broken}')
    return max_broken


def file_stamp(path: Union[str, os.PathLike]) -> tuple[int, int]:
    """What changes with the content of a file."""
    try:
        status = os.stat(path)
    except OSError:  # a link to nothing; reading it says so
        return -1, -1
    return status.st_size, status.st_mtime_ns
