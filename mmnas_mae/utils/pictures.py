"""How pictures look, and how they get into a file or a page."""

import base64
import io
import os
import re
from pathlib import Path
from typing import Union

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

#: Okabe and Ito's colours of lines, distinct in all common forms of colour blindness; the strongest ones first.
LINE_COLOURS = ('#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#000000')
#: Lines differ in these too, so that a print without colours can be read.
LINE_STYLES = ('-', '--', '-.', ':')
#: What calls for attention, and what does not.
ALARM, QUIET = '#D55E00', '#999999'
#: Colour map of weights: even steps of lightness, the same for every kind of colour blindness.
WEIGHTS = 'cividis'

_RC = {'svg.fonttype': 'none', 'font.size': 10, 'axes.titlesize': 11, 'axes.labelsize': 10, 'legend.fontsize': 9}


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of a size in inches."""
    return Figure(figsize=(width, height), layout='constrained')


def style_axis(axis: Axes, title: str, xlabel: str, ylabel: str = '') -> None:
    """Title, labels, a light grid, and no frame where there is no scale."""
    axis.set_title(title, loc='left')
    axis.set_xlabel(xlabel)
    axis.set_ylabel(ylabel)
    axis.grid(color='#e5e5e5', linewidth=0.8)
    axis.set_axisbelow(True)
    axis.spines[['top', 'right']].set_visible(False)


def to_svg(figure: Figure, salt: str) -> str:
    """The figure as an ``<svg>`` element for a page; its words are text.

    Args:
        salt: comes before every id in it, so that they differ from those of other figures of the page.
    """
    buffer = io.StringIO()
    with matplotlib.rc_context({**_RC, 'svg.hashsalt': salt}):
        # Words and lines have no resolution; that of the fields of heat maps is this.
        figure.savefig(buffer, format='svg', dpi=150, metadata={'Date': None, 'Creator': None})
    text = buffer.getvalue()
    # The first lines are of an XML document, which a page is not.
    text = re.sub(r'<metadata>.*?</metadata>\s*', '', text[text.index('<svg') :], flags=re.DOTALL)
    # Every figure numbers its parts anew (axes_1), but an id must be the only one of its page.
    return re.sub(r'(\bid="|href="#|url\(#)', rf'\1{salt}-', text)


def to_pixels(figure: Figure, dpi: int = 80) -> np.ndarray:
    """The figure as (H, W, 3) uint8, RGB.

    Args:
        dpi: pixels of an inch.
    """
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    with matplotlib.rc_context(_RC):
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def png_uri(source: Union[str, os.PathLike, bytes]) -> str:
    """A PNG file, or its content, as an address that holds the picture itself."""
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    return f'data:image/png;base64,{base64.b64encode(content).decode()}'


def save_figure(figure: Figure, path: Union[str, os.PathLike]) -> None:
    """Writes a picture file, in a folder that is made if need be.

    Args:
        path: its suffix says the format (png, svg, pdf).

    Raises:
        ValueError: the suffix names no format that matplotlib writes.
    """
    path = Path(path)
    formats = figure.canvas.get_supported_filetypes()
    if path.suffix.lstrip('.').lower() not in formats:
        raise ValueError(f'picture {str(path)!r} must end in one of: {", ".join(sorted(formats))}')
    path.parent.mkdir(parents=True, exist_ok=True)
    with matplotlib.rc_context({**_RC, 'svg.hashsalt': 'picture'}):
        figure.savefig(path, dpi=130)
