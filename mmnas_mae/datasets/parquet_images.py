"""Images that are rows of Parquet files, as dataset hubs store them."""

import bisect
import itertools
import json
from pathlib import Path
from typing import Any, Callable, Optional, Sequence, Union

import numpy as np

from ..registry import DATASETS
from ..utils.errors import one_line
from ..utils.records import digest
from .decode_image import MAX_PIXELS
from .image_survey import SurveyedImages, check_share, file_stamp
from .read_image import ImageReader, Pixels


@DATASETS.register_module()
class ParquetImages(SurveyedImages):
    """Encoded images in a column of one Parquet file or of a folder of them.

    Takes the place of mmpretrain's CIFAR10 in a config by a change of ``type`` and
    ``data_root`` only. Samples hold their image, so a pipeline needs no loading step.
    The encoded bytes of all rows stay in Arrow memory, which forked workers share.

    Args:
        data_root: a Parquet file, or a folder; in a folder every ``*.parquet`` below
            it is read, in sorted order.
        split: in a folder, reads only files whose name contains this text. A single
            file ignores it.
        image_column: binary, or the hub's struct with a binary field ``bytes``.
        label_column: column of whole numbers that becomes ``gt_label``. Without it no
            column but ``image_column`` is read from disk.
        channels, value_range, channel_order, max_pixels: as for :class:`mmnas_mae.datasets.ImageReader`;
            ``rgb`` is what mmpretrain's CIFAR10 gives, ``bgr`` as its image files are loaded.
        max_broken: decodes every image before anything is trained and skips this share of them at
            most, as :class:`mmnas_mae.ImageFolder` does; None, for published data sets, decodes none, and
            one that cannot be read is an error when it is met.
        pipeline: transforms.
        with_label: ``False`` keeps ``label_column`` unread, ``True`` requires one, as
            for mmpretrain's CustomDataset; ``None`` goes by ``label_column``.
        download: has no effect; accepted because mmpretrain's CIFAR10 takes it.
        **kwargs: ``metainfo``, ``indices``, ``test_mode``, ``lazy_init``, ``max_refetch``
            of :class:`mmengine.dataset.BaseDataset`.

    Raises:
        ValueError: a setting is unknown or contradicts another, or a column is absent.
        FileNotFoundError: ``data_root`` does not exist or holds no such file.
        TypeError: a column is of another type.
        RuntimeError: a file cannot be read or is empty, or an image cannot be decoded.
    """

    def __init__(
        self,
        data_root: str,
        split: str = '',
        image_column: str = 'image',
        label_column: Optional[str] = None,
        channel_order: str = 'rgb',
        pipeline: Sequence[Union[dict, Callable]] = (),
        with_label: Optional[bool] = None,
        channels: int = 3,
        value_range: Optional[Sequence[float]] = None,
        max_broken: Optional[float] = None,
        max_pixels: int = MAX_PIXELS,
        download: bool = False,
        **kwargs: Any,
    ) -> None:
        self.reader = ImageReader(channels, value_range, channel_order, max_pixels)
        self.max_broken = check_share(max_broken)
        if with_label and label_column is None:
            raise ValueError('with_label=True needs label_column, the name of the column with the labels')
        for key in ('ann_file', 'data_prefix', 'filter_cfg'):
            if kwargs.pop(key, None):
                raise ValueError(f'{key} means nothing to ParquetImages; choose images by data_root, split or indices')
        if not str(data_root):
            raise ValueError('data_root must be a Parquet file or a folder of them, got an empty text')
        self.split = split
        self.image_column = image_column
        self.label_column = None if with_label is False else label_column
        # The list of samples is a range of row numbers; to serialize it would only make it larger.
        kwargs['serialize_data'] = False
        super().__init__(data_root=str(data_root), data_prefix={}, pipeline=list(pipeline), **kwargs)

    def load_data_list(self) -> Sequence[int]:
        """Reads the columns of every file; a sample is the number of its row over all files."""
        root = Path(self.data_root).expanduser()
        files = find_parquet_files(root, self.split)
        self._names = [file.name if file == root else file.relative_to(root).as_posix() for file in files]
        self._files = [str(file) for file in files]
        tables = [_read(file, self.image_column, self.label_column) for file in files]
        self._images = [images for images, _, _ in tables]
        self._labels = [labels for _, labels, _ in tables]
        self._ends = list(itertools.accumulate(len(images) for images in self._images))
        classes = next((names for _, _, names in tables if names), None)
        if classes:
            self._metainfo.setdefault('classes', classes)
        if self.max_broken is None:
            return range(self._ends[-1])
        stamps = tuple((file, *file_stamp(file)) for file in self._files)
        return self.look_through((stamps, self.image_column), self._ends[-1], self._encoded)

    def num_classes(self) -> int:
        """Classes that there are names or labels for, 0 without labels."""
        self.full_init()
        highest = max((int(labels.max()) + 1 for labels in self._labels if labels is not None), default=0)
        return max(highest, len(self.metainfo.get('classes', ())))

    def fingerprint(self) -> str:
        """A hash of names and sizes of the files, by which a resumed run knows them again."""
        self.full_init()
        return digest(repr([(name, file_stamp(file)[0]) for name, file in zip(self._names, self._files)]).encode())

    def load_raw(self, idx: int) -> Pixels:
        """An image as it is stored, upright.

        Raises:
            RuntimeError: it cannot be decoded.
        """
        self.full_init()
        return self.reader.load(*self._encoded(int(self.data_list[idx])))

    def _place(self, number: int) -> tuple[int, int]:
        """File and row of a row over all files."""
        file = bisect.bisect_right(self._ends, number)
        return file, number - (self._ends[file - 1] if file else 0)

    def _encoded(self, number: int) -> tuple[Any, str]:
        """The bytes of an image by the number of its row over all files, and what messages call it."""
        file, row = self._place(number)
        name = f'{self._files[file]}, row {row}'
        encoded = self._images[file][row].as_buffer()
        if encoded is None:
            raise RuntimeError(f'{name}: the image cannot be decoded: it is null')
        return memoryview(encoded), name

    def get_data_info(self, idx: int) -> dict:
        """Decodes an image.

        Args:
            idx: place in the data set.

        Returns:
            dict: ``img`` (H, W, C) uint8, ``img_path`` ('file.parquet#row'), ``img_shape``
            and ``ori_shape`` (H, W), ``sample_idx``, and ``gt_label`` if there is a label
            column.
        """
        self.full_init()
        number = int(self.data_list[idx])
        file, row = self._place(number)
        image = self.reader(*self._encoded(number))
        info = dict(
            img=image,
            img_path=f'{self._names[file]}#{row}',
            img_shape=image.shape[:2],
            ori_shape=image.shape[:2],
            sample_idx=idx % len(self.data_list),
        )
        if self._labels[file] is not None:
            info['gt_label'] = int(self._labels[file][row])
        return info


def find_parquet_files(root: Path, split: str = '') -> list[Path]:
    """The Parquet files that ``root`` and ``split`` stand for, sorted.

    Raises:
        FileNotFoundError: there is none.
    """
    if root.is_file():
        return [root]
    if not root.is_dir():
        raise FileNotFoundError(f'data_root {root} does not exist; it must be a Parquet file or a folder of them')
    files = sorted(path for path in root.rglob('*.parquet') if path.is_file())
    if not files:
        raise FileNotFoundError(f'data_root {root} is a folder without *.parquet files')
    chosen = [path for path in files if split in path.name]
    if not chosen:
        names = ', '.join(path.name for path in files[:10])
        raise FileNotFoundError(f'no *.parquet file in data_root {root} has split {split!r} in its name; found {names}')
    return chosen


def _read(file: Path, image_column: str, label_column: Optional[str]) -> tuple[Any, Optional[np.ndarray], tuple]:
    """Images (binary ChunkedArray), labels and class names of a file; reads these columns only."""
    try:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError('ParquetImages needs pyarrow: pip install pyarrow') from error

    def is_bytes(kind: Any) -> bool:
        return pa.types.is_binary(kind) or pa.types.is_large_binary(kind)

    columns = {'image_column': image_column}
    if label_column is not None:
        columns['label_column'] = label_column
    try:
        with pq.ParquetFile(file) as reader:
            schema = reader.schema_arrow
            rows = reader.metadata.num_rows
            for setting, column in columns.items():
                if column not in schema.names:
                    raise ValueError(f'{file} has no {setting} {column!r}; its columns are {", ".join(schema.names)}')
            kind = schema.field(image_column).type
            is_struct = pa.types.is_struct(kind) and kind.get_field_index('bytes') >= 0
            if not is_bytes(kind.field('bytes').type if is_struct else kind):
                raise TypeError(
                    f'image_column {image_column!r} of {file} must be binary or a struct with binary bytes, got {kind}'
                )
            if label_column is not None and not pa.types.is_integer(schema.field(label_column).type):
                label_kind = schema.field(label_column).type
                raise TypeError(f'label_column {label_column!r} of {file} must hold whole numbers, got {label_kind}')
            if rows == 0:
                raise RuntimeError(f'{file} is empty: it has no rows')
            table = reader.read(columns=list(columns.values()))
    except (pa.ArrowException, OSError) as error:
        raise RuntimeError(f'{file} cannot be read as Parquet: {one_line(error, kind=False)}') from error
    images = table.column(image_column)
    if is_struct:
        images = pc.struct_field(images, 'bytes')
    labels = None
    if label_column is not None:
        if table.column(label_column).null_count:
            raise RuntimeError(f'label_column {label_column!r} of {file} has rows without a label')
        labels = table.column(label_column).to_numpy().astype(np.int64)
    return images, labels, _class_names(schema.metadata or {}, label_column)


def _class_names(metadata: dict[bytes, bytes], label_column: Optional[str]) -> tuple[str, ...]:
    """Class names in a schema's metadata: ``classes``, ``class_names``, or the hub's own entry.

    They serve display only, so what cannot be parsed is passed over.
    """
    for key in (b'classes', b'class_names'):
        text = metadata.get(key, b'').decode(errors='replace')
        if text.startswith('['):
            return tuple(_json(text) or ())
        if text:
            return tuple(text.split(','))
    features = _json(metadata.get(b'huggingface', b'{}').decode(errors='replace'))
    for key in ('info', 'features', label_column or 'label', 'names'):
        features = features.get(key) if isinstance(features, dict) else None
    return tuple(features) if isinstance(features, list) else ()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
