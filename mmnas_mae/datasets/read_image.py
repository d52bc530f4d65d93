"""The one way from an image file, or its bytes, to pixels: the same picture gives the same array everywhere."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Optional, Union

import cv2
import numpy as np
from PIL import Image, ImageOps

from ..utils.errors import one_line

CHANNEL_ORDERS = ('rgb', 'bgr')
MAX_CHANNELS = 16

#: Suffixes of the images that Pillow, OpenCV, tifffile or numpy read, whatever their case.
SUFFIXES = frozenset(
    f'.{name}'
    for name in (
        'apng avif avifs bmp bw cur dcx dds dib exr gif hdr icb icns ico im j2c j2k jfif jp2 jpc jpe jpeg jpf jpg jpx '
        'mpo msp npy pbm pcx pfm pgm pic png pnm ppm psd pxm qoi ras rgb rgba sgi sr tga tif tiff vda vst webp xbm xpm'
    ).split()
)

ImageSource = Union[str, os.PathLike, bytes, memoryview]

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
#: Weights of R, G and B in grey (ITU-R 601, as Pillow).
_GREY = (0.299, 0.587, 0.114)


class Pixels(NamedTuple):
    """What an image holds.

    Args:
        values (np.ndarray): (H, W, C), upright, in the number type of the image.
        colours: whether the channels are grey, grey and alpha, RGB, or RGBA; otherwise they are bands.
    """

    values: np.ndarray
    colours: bool


@dataclass(frozen=True)
class ImageReader:
    """Reads images of any kind as (H, W, C) uint8.

    Upright by the EXIF orientation; of an animation the first frame. Palettes and CMYK become RGB. Grey and RGB of
    more than 8 bits, in PNG, TIFF, PGM, JPEG 2000 and arrays, are scaled: ``value_range`` becomes 0 to 255, and
    without it a value that the number type does not say the range of is an error; what else has more (AVIF, PPM,
    CMYK) is scaled to 8 bits by its decoder, whatever the range. Transparent pixels are seen on white where
    ``channels`` has no place for alpha; where it has and the image has none, they are opaque. Bands (of ``.npy``
    files (H, W) or (H, W, C), of TIFF files with other samples than colours or with a page for each band) are
    never converted, but one is grey and three are RGB: there must be ``channels`` of them.

    Args:
        channels: C, 1 (grey), 3 (RGB), 4 (RGBA) or any number of bands up to 16.
        value_range: the values of images with more than 8 bits that become 0 and 255; what lies outside is
            cut off then. By default 0 and 65535 for uint16, 0 and 1 for floating point.
        channel_order: ``rgb`` or ``bgr``; matters to three channels alone.

    Raises:
        ValueError: a setting is out of range.
    """

    channels: int = 3
    value_range: Optional[tuple[float, float]] = None
    channel_order: str = 'rgb'

    def __post_init__(self) -> None:
        if isinstance(self.channels, bool) or not isinstance(self.channels, int):
            raise ValueError(f'channels must be a whole number from 1 to {MAX_CHANNELS}, got {self.channels!r}')
        if not 1 <= self.channels <= MAX_CHANNELS:
            raise ValueError(f'channels must lie between 1 and {MAX_CHANNELS}, got {self.channels}')
        if self.channel_order not in CHANNEL_ORDERS:
            raise ValueError(f'channel_order must be one of {CHANNEL_ORDERS}, got {self.channel_order!r}')
        if self.value_range is not None:
            limits = tuple(self.value_range)
            if len(limits) != 2 or not limits[0] < limits[1]:
                raise ValueError(f'value_range must be two numbers, the lower one first, got {self.value_range!r}')
            object.__setattr__(self, 'value_range', limits)

    def __call__(self, source: ImageSource, name: Optional[str] = None) -> np.ndarray:
        """
        Args:
            source: path of a file, or the bytes of one.
            name: what messages call it, by default its path.

        Returns:
            np.ndarray: (H, W, ``channels``) uint8, contiguous, writable.

        Raises:
            RuntimeError: it cannot be read as these settings ask; names the file, on one line.
        """
        return self.fit(self.load(source, name), name or _name(source))

    def load(self, source: ImageSource, name: Optional[str] = None) -> Pixels:
        """The image as it is stored, upright.

        Raises:
            RuntimeError: it cannot be decoded.
        """
        try:
            # Pillow and its codecs raise half a dozen unrelated types on bad bytes.
            content = bytes(source) if isinstance(source, (bytes, memoryview)) else Path(source).read_bytes()
            pixels = _decode(content)
            if 0 in pixels.values.shape:
                raise ValueError('it has no pixels')
        except Exception as error:
            reason = one_line(error, kind=False)
            raise RuntimeError(f'{name or _name(source)}: the image cannot be decoded: {reason}') from error
        return pixels

    def fit(self, pixels: Pixels, name: str) -> np.ndarray:
        """What :meth:`load` has read with the channels and values of the settings.

        Args:
            name: what messages call it.

        Raises:
            RuntimeError: it cannot be made so.
        """
        try:
            values = _with_channels(_as_bytes(pixels.values, self.value_range), pixels.colours, self.channels)
        except ValueError as error:
            raise RuntimeError(f'{name}: the image {error}') from None
        if self.channels == 3 and self.channel_order == 'bgr':
            values = values[..., ::-1]
        # A copy: what comes from Pillow or from bytes cannot be written to.
        return np.array(values, order='C')


def read_image(source: ImageSource, channels: int = 3, channel_order: str = 'rgb', **kwargs: Any) -> np.ndarray:
    """An image as :class:`ImageReader` reads it: (H, W, ``channels``) uint8.

    Raises:
        ValueError: a setting is out of range.
        RuntimeError: it cannot be read so.
    """
    return ImageReader(channels, channel_order=channel_order, **kwargs)(source)


def _name(source: ImageSource) -> str:
    if isinstance(source, (bytes, memoryview)):
        return 'an image in memory'
    # A name of bytes that are no text could not be logged.
    return os.fsencode(source).decode(errors='replace')


def _decode(content: bytes) -> Pixels:
    if content[:6] == b'\x93NUMPY':
        return _bands(np.load(io.BytesIO(content), allow_pickle=False))
    if content[:4] in (b'II*\0', b'MM\0*', b'II+\0', b'MM\0+'):
        deep = _decode_tiff(content)
        if deep is not None:
            return deep
    depth = _jpeg2000_depth(content)
    if depth > 8:
        # To the whole range of 16 bits, as Pillow does with grey.
        deep = _decode_opencv(content)
        return deep._replace(values=deep.values << (16 - depth))
    # Pillow keeps 8 bits of the colours of a PNG with 16.
    if content[:8] == b'\x89PNG\r\n\x1a\n' and content[24:26] in (b'\x10\x02', b'\x10\x04', b'\x10\x06'):
        with Image.open(io.BytesIO(content)) as image:
            return _turned(_decode_opencv(content), image.getexif().get(_ORIENTATION, 1))
    try:
        opened = Image.open(io.BytesIO(content))
    except Exception as error:
        try:
            return _decode_opencv(content)
        except Exception:
            if type(error).__name__ == 'UnidentifiedImageError':
                raise ValueError('it is empty' if not content else 'its format is unknown') from None
            raise error from None
    with opened as image:
        return _from_pillow(image)


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


def _decode_tiff(content: bytes) -> Optional[Pixels]:
    """A TIFF that Pillow would cut down or not open: several channels of more than 8 bits, or bands.

    None leaves it to Pillow, which knows palettes, CMYK and every compression.
    """
    import tifffile

    with tifffile.TiffFile(io.BytesIO(content)) as file:
        page, series = file.pages.first, file.series[0]
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


def _as_bytes(values: np.ndarray, value_range: Optional[tuple[float, float]]) -> np.ndarray:
    """Values of any number type as uint8."""
    kind = values.dtype
    if kind == np.uint8:
        return values
    if kind.kind == 'b':
        return values.astype(np.uint8) * 255
    if kind.kind not in 'iuf':
        raise ValueError(f'holds {kind}, which are no numbers of an image')
    if kind.kind == 'f' and not np.isfinite(values).all():
        raise ValueError('holds NaN or infinity')
    if value_range is None:
        low, high = float(values.min()), float(values.max())
        value_range = (0, 65535) if kind.kind == 'u' and kind.itemsize == 2 else (0, 1) if kind.kind == 'f' else None
        if value_range is None or not (value_range[0] <= low and high <= value_range[1]):
            raise ValueError(
                f'holds {kind} from {low:g} to {high:g}; value_range=[low,high] must say which values are 0 and 255'
            )
    low, high = value_range
    scaled = (values.astype(np.float64 if kind.itemsize > 2 else np.float32) - low) * (255 / (high - low))
    return np.rint(scaled).clip(0, 255).astype(np.uint8)


def _with_channels(values: np.ndarray, colours: bool, channels: int) -> np.ndarray:
    """(H, W, C) uint8 with ``channels`` for C."""
    have = values.shape[2]
    if have == channels:
        return values
    if not colours or channels not in (1, 3, 4):
        raise ValueError(f'has {have} channels, which are not made into channels={channels}')
    colour, alpha = (values[..., :-1], values[..., -1:]) if have in (2, 4) else (values, None)
    if channels == 4:
        alpha = np.full_like(values[..., :1], 255) if alpha is None else alpha
        return np.concatenate([np.broadcast_to(colour, (*values.shape[:2], 3)), alpha], 2)
    if alpha is not None:
        opacity = alpha.astype(np.uint32)
        # Rounded: white shines through by what alpha lacks of 255.
        colour = ((colour * opacity + 255 * (255 - opacity) + 127) // 255).astype(np.uint8)
    if colour.shape[2] == channels:
        return colour
    if channels == 3:
        return colour.repeat(3, 2)
    return np.rint(colour.astype(np.float32) @ np.array(_GREY, np.float32)).astype(np.uint8)[..., None]
