"""Pieces of an HTML page; all text that they are given is escaped."""

import math
from html import escape
from typing import Any, Mapping, Optional, Sequence

from matplotlib.figure import Figure

from ..utils.pictures import to_svg


class NotRecordedError(Exception):
    """The search has left nothing for a part of the page; the message says what is missing."""


def number(value: Any, digits: int = 4) -> str:
    """A number for a reader: whole ones in full, others to ``digits`` significant digits, none as a dash."""
    if value is None:
        return '–'
    if isinstance(value, bool):
        return 'yes' if value else 'no'
    if isinstance(value, int):
        return f'{value:,}'
    if not math.isfinite(value):
        return 'not finite'
    return f'{value:.{digits}g}' if 1e-3 <= abs(value) < 10**digits or value == 0 else f'{value:.3g}'


def duration(seconds: Optional[float]) -> str:
    """Seconds as a person says them."""
    if seconds is None:
        return '–'
    for unit, size in (('days', 86400), ('hours', 3600), ('minutes', 60)):
        if seconds >= 2 * size:
            return f'{seconds / size:.1f} {unit}'
    return f'{seconds:.3g} seconds'


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], ident: str, caption: str = '') -> str:
    """A table whose cells say their column: ``<td data-name="skips">``.

    Args:
        rows: numbers are shown by :func:`number` and keep their full value in ``data-value``.
    """
    lines = [f'<div class="scroll"><table id="{escape(ident)}">']
    lines.append(f'<caption>{escape(caption)}</caption>' if caption else '')
    lines.append('<thead><tr>' + ''.join(f'<th scope="col">{escape(name)}</th>' for name in head) + '</tr></thead>')
    lines.append('<tbody>')
    for row in rows:
        cells = []
        for name, value in zip(head, row):
            numeric = isinstance(value, (int, float)) and not isinstance(value, bool)
            attributes = f' class="number" data-value="{value!r}"' if numeric else ''
            text = value if isinstance(value, str) else number(value)
            cells.append(f'<td data-name="{escape(name)}"{attributes}>{escape(text)}</td>')
        lines.append(f'<tr>{"".join(cells)}</tr>')
    lines.append('</tbody></table></div>')
    return '\n'.join(line for line in lines if line)


def facts(values: Mapping[str, Any], ident: str) -> str:
    """Two columns, what and how much."""
    rows = ''.join(
        f'<tr><th scope="row">{escape(name)}</th><td data-name="{escape(name)}">{escape(_text(value))}</td></tr>'
        for name, value in values.items()
    )
    return f'<div class="scroll"><table class="facts" id="{escape(ident)}"><tbody>{rows}</tbody></table></div>'


def findings(sentences: Sequence[tuple[bool, str]], ident: str) -> str:
    """A list of sentences, each marked as good or bad by a sign and not by colour alone."""
    items = ''.join(
        f'<li class="{"good" if good else "bad"}"><span aria-label="{"good" if good else "bad"}">'
        f'{"✓" if good else "✗"}</span> {escape(text)}</li>'
        for good, text in sentences
    )
    return f'<ul class="findings" id="{escape(ident)}">{items}</ul>'


def tiles(values: Mapping[str, tuple[str, str]], ident: str) -> str:
    """The few numbers that a reader looks for first: name to (number, remark)."""
    items = ''.join(
        f'<div class="tile" data-name="{escape(name)}"><dt>{escape(name)}</dt><dd>{escape(value)}</dd>'
        f'<dd class="remark">{escape(remark)}</dd></div>'
        for name, (value, remark) in values.items()
    )
    return f'<dl class="tiles" id="{escape(ident)}">{items}</dl>'


def svg_figure(svg: str, ident: str, description: str, caption: str = '') -> str:
    """A drawing; its description is what a screen reader says.

    Args:
        svg: an ``<svg>`` element, which is not escaped.
    """
    return _figure(f'<div class="picture" role="img" aria-label="{escape(description)}">{svg}</div>', ident, caption)


def drawing(figure: Figure, ident: str, description: str) -> str:
    """A figure of matplotlib as :func:`svg_figure`, under ``<ident>-figure``."""
    return svg_figure(to_svg(figure, ident), f'{ident}-figure', description)


def image_figure(uri: str, ident: str, description: str, caption: str = '') -> str:
    """A picture of pixels."""
    return _figure(f'<img src="{escape(uri)}" alt="{escape(description)}">', ident, caption)


def paragraph(text: str, css: str = '') -> str:
    """A paragraph of plain text."""
    return f'<p class="{escape(css)}">{escape(text)}</p>' if css else f'<p>{escape(text)}</p>'


def code(text: str, ident: str) -> str:
    """Text as it is, in a box that scrolls."""
    return f'<pre id="{escape(ident)}" tabindex="0"><code>{escape(text)}</code></pre>'


def details(summary: str, content: str) -> str:
    """Content that is shown on demand; ``content`` is HTML."""
    return f'<details><summary>{escape(summary)}</summary>\n{content}\n</details>'


def _figure(content: str, ident: str, caption: str) -> str:
    caption = f'<figcaption>{escape(caption)}</figcaption>' if caption else ''
    return f'<figure id="{escape(ident)}">{content}{caption}</figure>'


def _text(value: Any) -> str:
    return value if isinstance(value, str) else number(value)
