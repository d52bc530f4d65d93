"""Small files that hold enormous pictures are refused before they are decoded."""

import io
import tracemalloc
import zlib
from pathlib import Path
from typing import Callable

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tifffile
from PIL import Image

from mmnas_mae.datasets import ImageFolder, ParquetImages, read_image
from mmnas_mae.datasets.decode_image import MAX_PIXELS


def png(side: int, depth: int, kind: int) -> bytes:
    """A picture of zeros: each row a filter byte and its samples."""
    row = 1 + side * depth // 8 * {0: 1, 2: 3, 6: 4}[kind]
    deflate = zlib.compressobj(9)
    body = b''.join(deflate.compress(bytes(row)) for _ in range(side)) + deflate.flush()
    header = side.to_bytes(4, 'big') * 2 + bytes((depth, kind, 0, 0, 0))
    chunks = ((b'IHDR', header), (b'IDAT', body), (b'IEND', b''))
    out = b'\x89PNG\r\n\x1a\n'
    for name, data in chunks:
        out += len(data).to_bytes(4, 'big') + name + data + zlib.crc32(name + data).to_bytes(4, 'big')
    return out


def npy(side: int) -> bytes:
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, dict(descr='|u1', fortran_order=False, shape=(side, side)))
    return file.getvalue()


def tiff(side: int) -> bytes:
    file = io.BytesIO()
    tifffile.imwrite(file, np.zeros((side, side, 3), np.uint16), photometric='rgb', compression='zlib')
    return file.getvalue()


def gif(side: int) -> bytes:
    file = io.BytesIO()
    Image.new('P', (side, side)).save(file, 'GIF')
    return file.getvalue()


@pytest.mark.parametrize('make', [lambda n: png(n, 8, 2), lambda n: png(n, 16, 6), npy, tiff, gif])
def test_a_picture_above_the_bound_is_refused_before_it_is_decoded(make: Callable[[int], bytes]) -> None:
    content = make(1024)
    tracemalloc.start()
    try:
        with pytest.raises(RuntimeError, match=r'it has 1024 x 1024 pixels, more than max_pixels=1000000'):
            read_image(content, max_pixels=1_000_000)
        assert tracemalloc.get_traced_memory()[1] < 1e6
    finally:
        tracemalloc.stop()
    if make is not npy:
        assert read_image(content, max_pixels=1024**2).shape == (1024, 1024, 3)


def test_a_bomb_in_parquet_or_a_folder_is_named_and_no_other_decoder_is_asked(tmp_path: Path) -> None:
    side = 14_000  # above twice what Pillow warns of, where Pillow itself stops
    assert side**2 > 2 * MAX_PIXELS
    bomb = png(side, 8, 0)
    assert len(bomb) < 250_000
    (tmp_path / 'folder').mkdir()
    (tmp_path / 'folder/bomb.png').write_bytes(bomb)
    pq.write_table(pa.table({'image': [bomb]}), tmp_path / 'bomb.parquet')
    for images in (
        ImageFolder(str(tmp_path / 'folder'), max_broken=None),
        ParquetImages(str(tmp_path / 'bomb.parquet')),
        ParquetImages(str(tmp_path / 'bomb.parquet'), max_pixels=10**9),
    ):
        with pytest.raises(RuntimeError, match=r'bomb.(png|parquet, row 0): the image cannot be decoded: .* pixels'):
            images[0]


def test_a_header_that_promises_more_than_the_file_holds() -> None:
    with pytest.raises(RuntimeError, match='does not hold all'):
        read_image(npy(9000))
    for value in (0, True, 1.5):
        with pytest.raises(ValueError, match='max_pixels must be a whole number from 1 on'):
            read_image(npy(2), max_pixels=value)
