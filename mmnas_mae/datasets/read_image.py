"""The one way from an image file, or its bytes, to pixels: the same picture gives the same array everywhere."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional, Union

import numpy as np

from ..utils.errors import one_line
from .decode_image import MAX_CHANNELS, MAX_PIXELS, Pixels, decode

CHANNEL_ORDERS = ('rgb', 'bgr')

#: Suffixes of the images that Pillow, OpenCV, tifffile or numpy read, whatever their case.
SUFFIXES = frozenset(
    f'.{name}'
    for name in (
        'apng avif avifs bmp bw cur dcx dds dib exr gif hdr icb icns ico im j2c j2k jfif jp2 jpc jpe jpeg jpf jpg jpx '
        'mpo msp npy pbm pcx pfm pgm pic png pnm ppm psd pxm qoi ras rgb rgba sgi sr tga tif tiff vda vst webp xbm xpm'
    ).split()
)

ImageSource = Union[str, os.PathLike, bytes, memoryview]

#: Weights of R, G and B in grey (ITU-R 601, as Pillow).
_GREY = (0.299, 0.587, 0.114)


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
        max_pixels: a larger image is an error before it is decoded, since a small file may hold one of any size.

    Raises:
        ValueError: a setting is out of range.
    """

    channels: int = 3
    value_range: Optional[tuple[float, float]] = None
    channel_order: str = 'rgb'
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        if isinstance(self.channels, bool) or not isinstance(self.channels, int):
            raise ValueError(f'channels must be a whole number from 1 to {MAX_CHANNELS}, got {self.channels!r}')
        if not 1 <= self.channels <= MAX_CHANNELS:
            raise ValueError(f'channels must lie between 1 and {MAX_CHANNELS}, got {self.channels}')
        if self.channel_order not in CHANNEL_ORDERS:
            raise ValueError(f'channel_order must be one of {CHANNEL_ORDERS}, got {self.channel_order!r}')
        if isinstance(self.max_pixels, bool) or not isinstance(self.max_pixels, int) or self.max_pixels < 1:
            raise ValueError(f'max_pixels must be a whole number from 1 on, got {self.max_pixels!r}')
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
            pixels = decode(content, self.max_pixels)
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
