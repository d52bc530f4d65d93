"""The section of a report on alpha: heat maps over the epochs, and a table that a slider moves through them."""

import json
from html import escape
from typing import Any, Sequence

import matplotlib

from ..utils.pictures import WEIGHTS, to_svg
from . import markup
from .alpha_tables import AlphaTable, alpha_tables
from .heat_maps import alpha_figure, weight_scale
from .markup import NotRecordedError
from .search_history import SearchHistory

#: Shades of the table that the slider moves.
_SHADES = 32


def alpha(history: SearchHistory, prefix: str) -> str:
    """Heat maps over the epochs, and one table that a slider moves through them."""
    if not history.epochs:
        raise NotRecordedError('no arch_history.jsonl; nothing says how alpha moved')
    try:
        tables = alpha_tables(history)
    except (ValueError, KeyError, TypeError, ImportError) as error:
        raise NotRecordedError(f'the config gives alpha no meaning here: {error}') from error
    epochs = [epoch.epoch for epoch in history.epochs]
    parts = [
        markup.paragraph(
            'Weight of every candidate operation, in the order of the epochs. A white dot is where the architecture '
            'derived after that epoch has the candidate.'
        )
    ]
    for i, table in enumerate(tables):
        ident = f'{prefix}alpha-{i}'
        svg = to_svg(alpha_figure(table, epochs), ident)
        parts.append(f'<h3>{escape(table.title.capitalize())}</h3>')
        parts.append(markup.svg_figure(svg, f'{ident}-figure', f'Heat maps over {len(epochs)} epochs: {table.title}'))
    parts.append(_slider(epochs, prefix))
    parts += [_alpha_table(table, f'{prefix}alpha-{i}-table') for i, table in enumerate(tables)]
    data = dict(epochs=epochs, tables={f'{prefix}alpha-{i}-table': _alpha_data(t) for i, t in enumerate(tables)})
    # Within a script only this character can end it.
    text = json.dumps(data, separators=(',', ':')).replace('<', '\\u003c')
    parts.append(f'<script type="application/json" class="alpha-data" data-slider="{prefix}epoch">{text}</script>')
    return '\n'.join(parts)


def _slider(epochs: Sequence[int], prefix: str) -> str:
    last = len(epochs) - 1
    return (
        f'<h3>Epoch by epoch</h3><div class="slider" hidden><label for="{prefix}epoch">Epoch</label>'
        f'<input type="range" id="{prefix}epoch" min="0" max="{last}" value="{last}">'
        f'<output for="{prefix}epoch">{epochs[-1]}</output></div>'
        f'<p class="remark">Shown: epoch <span class="shown-epoch">{epochs[-1]}</span>. '
        'Framed: what was derived then.</p>'
    )


def _alpha_table(table: AlphaTable, ident: str) -> str:
    """The weights of the last epoch."""
    scale, shades = weight_scale(table), _shades()
    head = ''.join(f'<th scope="col">{escape(column)}</th>' for column in table.columns)
    rows = []
    for row, weights, chosen in zip(table.rows, table.weights[-1].tolist(), table.chosen[-1].tolist()):
        cells = []
        for weight, is_chosen in zip(weights, chosen):
            if weight != weight:
                cells.append('<td class="none"></td>')
                continue
            back, fore = shades[min(int(float(scale(weight)) * len(shades)), len(shades) - 1)]
            css = ' class="chosen"' if is_chosen else ''
            cells.append(f'<td{css} style="background:{back};color:{fore}">{weight:.4f}</td>')
        rows.append(f'<tr><th scope="row">{escape(row)}</th>{"".join(cells)}</tr>')
    return (
        f'<div class="scroll"><table class="alpha" id="{escape(ident)}"><caption>{escape(table.title)}</caption>'
        f'<thead><tr><td></td>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _alpha_data(table: AlphaTable) -> dict[str, Any]:
    """What the script needs to fill the table for any epoch; a missing candidate is null."""
    scale = weight_scale(table)
    weights = [[[None if w != w else round(w, 4) for w in row] for row in epoch] for epoch in table.weights.tolist()]
    chosen = table.chosen.astype(int).tolist()
    return dict(weights=weights, chosen=chosen, low=scale.vmin, high=scale.vmax, shades=_shades())


def _shades() -> list[tuple[str, str]]:
    """(background, text) from low to high weights."""
    colours = matplotlib.colormaps[WEIGHTS].resampled(_SHADES)
    out = []
    for i in range(_SHADES):
        red, green, blue, _ = colours(i)
        bright = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.45
        out.append((matplotlib.colors.to_hex(colours(i)), '#000000' if bright else '#ffffff'))
    return out
