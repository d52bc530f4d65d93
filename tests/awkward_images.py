"""A folder of 40 images such as people have: every format, depth, orientation and name, and what they must become."""

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
import tifffile
from PIL import Image

#: Of the 40 the ones that cannot be used, with what is said of them.
BROKEN = {
    'cats/truncated.jpg': 'truncated',
    'dogs/empty.png': 'it is empty',
    'dogs/five bands.tif': 'has 5 channels, which are not made into channels=3',
}


class Expected(NamedTuple):
    """What an image must become.

    Args:
        pixels (np.ndarray): (H, W, 3) uint8 RGB.
        tolerance: by how much a value may differ in a format with losses.
    """

    pixels: np.ndarray
    tolerance: int = 0


def picture(height: int = 24, width: int = 36, channels: int = 3, seed: int = 0) -> np.ndarray:
    """Smooth colours, different at every corner: (H, W, C) uint8."""
    corners = np.random.default_rng(seed).integers(0, 256, (2, 2, channels)).astype(np.float32)
    rows = np.linspace(corners[0], corners[1], height)
    return np.rint(np.linspace(rows[:, 0], rows[:, 1], width, axis=1)).astype(np.uint8)


def awkward_folder(root: Path, outside: Path) -> dict[str, Expected]:
    """Writes the images into two folders below ``root``, some by links to ``outside``.

    Returns:
        dict: what each image that can be used must become, by its path below ``root``.
    """
    cats, dogs = root / 'cats', root / 'dogs' / 'deep er'
    for folder in (cats, dogs, root / '.hidden', outside / 'album'):
        folder.mkdir(parents=True)
    expected = {}

    def add(path: Path, pixels: np.ndarray, tolerance: int = 0) -> Path:
        expected[path.relative_to(root).as_posix()] = Expected(pixels, tolerance)
        return path

    rgb, wide = picture(), picture(40, 90, seed=1)
    grey = picture(30, 20, 1, seed=2)
    shades = grey.repeat(3, 2)
    alpha = picture(24, 36, 1, seed=3)
    seen = np.rint((rgb * (alpha / 255.0)) + 255 - alpha).astype(np.uint8)
    shaded = np.rint(255 - alpha + picture(24, 36, 1, seed=4) * (alpha / 255.0)).astype(np.uint8).repeat(3, 2)
    deep = picture(24, 36, 3, seed=5).astype(np.uint16) * 257 + np.uint16(100)
    deep_grey = grey.astype(np.uint16) * 257
    scaled = np.rint(deep / 257.0).astype(np.uint8)
    rgba = np.concatenate([rgb, alpha], 2)

    image = Image.fromarray(rgb)
    image.save(add(cats / 'plain.png', rgb))
    image.save(add(cats / 'SHOUTED.PNG', rgb), 'PNG')
    image.save(add(cats / 'it\'s a "cät" \\ {x}.png', rgb))
    image.save(add(cats / 'picture.webp', rgb), lossless=True)
    image.save(add(cats / 'picture.bmp', rgb))
    image.save(add(cats / 'picture.tga', rgb))
    image.save(add(cats / 'picture.ppm', rgb))
    image.save(add(cats / 'picture.pcx', rgb))
    image.save(add(cats / 'picture.jp2', rgb), irreversible=False)
    image.save(add(cats / 'picture.tiff', rgb))
    image.save(add(cats / 'packed.TIF', rgb), compression='tiff_lzw')
    image.save(add(cats / 'picture.avif', rgb, 12), quality=100, subsampling='4:4:4')
    image.save(add(cats / 'picture.jpg', rgb, 12), quality=100, subsampling=0)
    Image.fromarray(wide).save(add(cats / 'picture.jfif', wide, 12), 'JPEG', quality=100, subsampling=0)
    Image.fromarray(grey[..., 0]).save(add(cats / 'grey.jpeg', shades, 4), quality=100)
    Image.fromarray(grey[..., 0]).save(add(cats / 'grey.png', shades))

    turned = Image.Exif()
    turned[0x0112] = 6
    # Orientation 6: the first row of the file is the right side of the picture.
    stored = Image.fromarray(np.ascontiguousarray(np.rot90(wide)))
    stored.save(add(dogs / 'turned.jpg', wide, 12), quality=100, subsampling=0, exif=turned)
    stored.save(add(dogs / 'turned.png', wide), exif=turned)
    stored.save(add(dogs / 'turned.webp', wide), lossless=True, exif=turned)
    deep_stored = np.ascontiguousarray(np.rot90(deep))
    tifffile.imwrite(add(dogs / 'turned deep.tif', scaled), deep_stored, photometric='rgb', extratags=[_orientation(6)])

    # What these colours of ink are is Pillow's word, as there is no profile.
    inks = Image.fromarray(np.concatenate([255 - wide, np.zeros_like(wide[..., :1])], 2), 'CMYK')
    inks.save(add(dogs / 'inks.tif', wide))
    inks.save(add(dogs / 'inks.jpg', wide, 12), quality=100, subsampling=0)

    palette = picture(24, 36, 3, seed=6) // 64 * 64
    Image.fromarray(palette).quantize(256, dither=Image.Dither.NONE).save(add(dogs / 'palette.png', palette))
    frames = [Image.fromarray(each).quantize(256, dither=Image.Dither.NONE) for each in (palette, palette[::-1])]
    frames[0].save(add(dogs / 'two frames.gif', palette), save_all=True, append_images=frames[1:])
    hole = Image.fromarray(palette).quantize(255, dither=Image.Dither.NONE)
    clear = np.asarray(hole) == 0
    hole.save(add(dogs / 'hole.png', np.where(clear[..., None], 255, palette).astype(np.uint8)), transparency=0)

    Image.fromarray(rgba).save(add(dogs / 'alpha.png', seen, 1))
    Image.fromarray(rgba).save(add(dogs / 'alpha.webp', seen, 1), lossless=True, exact=True)
    la = np.concatenate([picture(24, 36, 1, seed=4), alpha], 2)
    Image.fromarray(la, 'LA').save(add(dogs / 'grey alpha.png', shaded, 1))
    bits = grey > 127
    Image.fromarray(bits[..., 0]).save(add(dogs / 'bits.png', (bits * np.uint8(255)).repeat(3, 2)))

    Image.fromarray(deep_grey[..., 0]).save(add(dogs / 'deep grey.png', shades))
    Image.fromarray(deep_grey[..., 0]).save(add(dogs / 'deep grey.tif', shades))
    cv2.imwrite(str(add(dogs / 'deep.png', scaled)), deep[..., ::-1])
    cv2.imwrite(str(add(dogs / 'deep packed.tif', scaled)), deep[..., ::-1])
    tifffile.imwrite(add(dogs / 'deep planes.tif', scaled), np.moveaxis(deep, -1, 0), photometric='rgb')
    np.save(add(dogs / 'array.npy', scaled), deep)

    image.save(outside / 'lent.png')
    Image.fromarray(wide).save(outside / 'album' / 'lent.png')
    add(cats / 'lent.png', rgb).symlink_to(outside / 'lent.png')
    (root / 'dogs' / 'album').symlink_to(outside / 'album')
    add(root / 'dogs' / 'album' / 'lent.png', wide)

    content = (cats / 'picture.jfif').read_bytes()
    (cats / 'truncated.jpg').write_bytes(content[: len(content) // 2])
    (root / 'dogs' / 'empty.png').touch()
    tifffile.imwrite(
        root / 'dogs' / 'five bands.tif', picture(24, 36, 5), photometric='minisblack', planarconfig='contig'
    )

    # What is no image of the folder: hidden, no image, a second name, a circle.
    image.save(cats / '.thumbnail.png')
    image.save(root / '.hidden' / 'plain.png')
    (cats / 'notes.txt').write_text('no image')
    (cats / 'again.png').symlink_to('plain.png')
    (cats / 'circle').symlink_to('..')
    return expected


def _orientation(number: int) -> tuple:
    return (0x0112, 'H', 1, number, True)
