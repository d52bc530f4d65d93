"""From the bytes of an image file to its pixels as they are stored: which decoder knows all of them."""

import io
import math
from typing import Any, NamedTuple, Optional, Sequence

import cv2
import numpy as np
from PIL import Image, ImageOps

MAX_CHANNELS = 16
#: Pixels of an image, unless more are asked for: where Pillow begins to warn. A file of some kB can hold billions.
MAX_PIXELS = 89_478_485

#: How an image that was taken at another angle is turned upright, by the orientation that its header says.
_UPRIGHT = {
    2: lambda x: x[:, ::-1],
    3: lambda x: x[::-1, ::-1],
    4: lambda x: x[::-1],
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: x.swapaxes(0, 1)[:, ::-1],
    7: lambda x: x[::-1, ::-1].swapaxes(0, 1),
    8: lambda x: x.swapaxes(0, 1)[::-1],
}
_ORIENTATION = 0x0112
#: How a codestream of JPEG 2000 begins, in a file of its own or within one.
_CODESTREAM = b'\xff\x4f\xff\x51'


class Pixels(NamedTuple):
    """What an image holds.

    Args:
        values (np.ndarray): (H, W, C), upright, in the number type of the image.
        colours: whether the channels are grey, grey and alpha, RGB, or RGBA; otherwise they are bands.
    """

    values: np.ndarray
    colours: bool


def decode(content: bytes, max_pixels: int = MAX_PIXELS) -> Pixels:
    """The image in the bytes of a file, upright.

    Args:
        content: the file.
        max_pixels: larger images are not decoded. Of a format that OpenCV alone knows, which gives no size beforehand,
            they are decoded up to OpenCV's own limit, and refused then.

    Raises:
        ValueError: it cannot be decoded, among the errors of half a dozen other classes that decoders raise.
    """
    if content[:6] == b'\x93NUMPY':
        return _bands(_load_array(content, max_pixels))
    if content[:4] in (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+'):
        deep = _decode_tiff(content, max_pixels)
        if deep is not None:
            return deep
    depth = _jpeg2000_depth(content)
    if depth > 8:
        with Image.open(io.BytesIO(content)) as image:
            _check_size(image.size, max_pixels)
        # To the whole range of 16 bits, as Pillow does with grey.
        deep = _decode_opencv(content)
        return deep._replace(values=deep.values << (16 - depth))
    # Pillow keeps 8 bits of the colours of a PNG with 16.
    if content[:8] == b'\x89PNG\r\n\x1a\n' and content[24:26] in (b'\x10\x02', b'\x10\x04', b'\x10\x06'):
        with Image.open(io.BytesIO(content)) as image:
            _check_size(image.size, max_pixels)
            return _turned(_decode_opencv(content), image.getexif().get(_ORIENTATION, 1))
    try:
        opened = Image.open(io.BytesIO(content))
    except Image.DecompressionBombError:
        raise
    except Exception as error:
        try:
            pixels = _decode_opencv(content)
            _check_size(pixels.values.shape[:2], max_pixels)
            return pixels
        except Exception:
            if type(error).__name__ == 'UnidentifiedImageError':
                raise ValueError('it is empty' if not content else 'its format is unknown') from None
            raise error from None
    with opened as image:
        _check_size(image.size, max_pixels)
        return _from_pillow(image)


def _check_size(sides: Sequence[int], max_pixels: int) -> None:
    if math.prod(sides) > max_pixels:
        raise ValueError(f'it has {" x ".join(map(str, sides))} pixels, more than max_pixels={max_pixels}')


def _load_array(content: bytes, max_pixels: int) -> np.ndarray:
    """The array of a ``.npy`` file, whose header may promise more than the file holds."""
    file = io.BytesIO(content)
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, _, kind = read(file)
    _check_size(shape[:2], max_pixels)
    if math.prod(shape) * kind.itemsize > len(content):
        raise ValueError(f'its header promises an array of {shape}, of which it does not hold all')
    return np.load(io.BytesIO(content), allow_pickle=False)


def _from_pillow(image: Image.Image) -> Pixels:
    # A copy has no format.
    container = image.format
    image = ImageOps.exif_transpose(image)
    mode = image.mode
    if mode.startswith('I;16') or mode in ('I', 'F'):
        values = np.asarray(image)
        # Pillow has no 16-bit mode for what it reads of these two.
        stored = np.uint16 if mode != 'F' and (mode != 'I' or container in ('PPM', 'PNG')) else values.dtype
        return Pixels(values.astype(stored)[..., None], True)
    if mode == 'RGBX':
        return _bands(np.asarray(image))
    has_alpha = mode in ('LA', 'La', 'PA', 'RGBA', 'RGBa') or 'transparency' in image.info
    grey = mode in ('1', 'L', 'LA', 'La')
    target = {(True, False): 'L', (True, True): 'LA', (False, False): 'RGB', (False, True): 'RGBA'}[grey, has_alpha]
    values = np.asarray(image if mode == target else image.convert(target))
    return Pixels(values if values.ndim == 3 else values[..., None], True)


def _decode_opencv(content: bytes) -> Pixels:
    values = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if values is None:
        raise ValueError('OpenCV cannot decode it')
    values = values if values.ndim == 3 else values[..., None]
    if values.shape[2] == 3:
        values = values[..., ::-1]
    elif values.shape[2] == 4:
        values = values[..., [2, 1, 0, 3]]
    return Pixels(values, True)


def _jpeg2000_depth(content: bytes) -> int:
    """Bits of a colour of JPEG 2000, whose white Pillow makes black where they are more than 8; 0 for others."""
    if content[:12] != b'\0\0\0\x0cjP  \r\n\x87\n' and content[:4] != _CODESTREAM:
        return 0
    # ISO 15444-1, A.5.1: the number of components, then three bytes for each, the first with bits - 1 and a sign.
    start = content.find(_CODESTREAM) + 40
    components = int.from_bytes(content[start : start + 2], 'big')
    depths = content[start + 2 : start + 2 + 3 * components : 3]
    return max((depth & 0x7F) + 1 for depth in depths) if components > 1 and depths else 0


def _decode_tiff(content: bytes, max_pixels: int) -> Optional[Pixels]:
    """A TIFF that Pillow would cut down or not open: several channels of more than 8 bits, or bands.

    None leaves it to Pillow, which knows palettes, CMYK and every compression.
    """
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page, series = file.pages.first, file.series[0]
        _check_size((page.imagelength, page.imagewidth), max_pixels)
        samples, kind = page.samplesperpixel, page.photometric.name
        is_rgb = kind == 'RGB'
        extra = tuple(int(sample) for sample in page.extrasamples)
        # 1 and 2 of TIFF 6.0 are alpha, 0 is not said; of RGB what is no alpha is a band.
        has_alpha = len(extra) == 1 and extra[0] in (1, 2)
        colours = samples - has_alpha in ((3,) if is_rgb else (1,))
        bands = kind in ('RGB', 'MINISBLACK') and not colours
        inverted = kind == 'MINISWHITE' and colours
        paged = len(series.pages) > 1 and samples == 1 and kind == 'MINISBLACK'
        deep = page.bitspersample > 8 and (kind in ('RGB', 'MINISBLACK') or inverted) and page.dtype is not None
        if not (bands or paged or deep):
            return None
        if max(samples, len(series.pages) if paged else 1) > MAX_CHANNELS:
            raise ValueError(f'it has more than {MAX_CHANNELS} channels')
        if paged:
            values = np.stack([np.asarray(each.asarray()) for each in series.pages], -1)
            return _turned(_bands(values), _orientation(page))
        try:
            values = page.asarray()
        except Exception:
            # Some compressions need a package more; OpenCV knows them, for up to 4 channels.
            if samples > 4:
                raise
            values = _decode_opencv(content).values
        else:
            if samples > 1 and page.planarconfig.name == 'SEPARATE':
                values = np.moveaxis(values, 0, -1)
        values = values.reshape(page.imagelength, page.imagewidth, samples)
        if inverted:
            values = _inverted(values, page.bitspersample)
        if colours and has_alpha and extra == (1,):
            values = _unassociated(values)
        pixels = Pixels(values, True) if colours else _bands(values)
        return _turned(pixels, _orientation(page))


def _inverted(values: np.ndarray, bits: int) -> np.ndarray:
    """Grey, or grey and alpha, of so many bits whose 0 is white, with 0 for black."""
    if values.dtype.kind != 'u':
        raise ValueError(f'its white is 0 (MINISWHITE) and its numbers are {values.dtype}, whose black is not said')
    grey = values.dtype.type(2**bits - 1) - values[..., :1]
    return np.concatenate([grey, values[..., 1:]], 2)


def _unassociated(values: np.ndarray) -> np.ndarray:
    """Colours that are stored times their alpha (associated, TIFF 6.0, section 18), and alpha, as they were before."""
    opaque = np.iinfo(values.dtype).max if values.dtype.kind in 'iu' else 1
    alpha = values[..., -1:].astype(np.float64)
    colours = values[..., :-1] * np.divide(opaque, alpha, out=np.zeros_like(alpha), where=alpha > 0)
    whole = np.rint(colours) if values.dtype.kind in 'iu' else colours
    return np.concatenate([whole.clip(0, opaque).astype(values.dtype), values[..., -1:]], 2)


def _orientation(page: Any) -> int:
    tag = page.tags.get(_ORIENTATION)
    return 1 if tag is None else int(tag.value)


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    turn = _UPRIGHT.get(orientation)
    return pixels if turn is None else pixels._replace(values=turn(pixels.values))


def _bands(values: np.ndarray) -> Pixels:
    """An array (H, W) or (H, W, C). One or three channels are grey or RGB; others mean nothing to us."""
    if values.ndim == 2:
        values = values[..., None]
    if values.ndim != 3 or values.shape[2] > MAX_CHANNELS:
        raise ValueError(
            f'an array must be (height, width) or (height, width, channels) with at most {MAX_CHANNELS} channels, '
            f'got {values.shape}'
        )
    return Pixels(values, values.shape[2] in (1, 3))
