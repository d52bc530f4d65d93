"""The section of a report on true accuracy: what a benchmark's table knows, which the search did not see."""

from dataclasses import dataclass
from typing import Callable, Mapping, Optional

import numpy as np

from ..benchmarks.load import opened_table
from ..utils.pictures import ALARM, LINE_COLOURS, new_figure, style_axis
from . import markup
from .curves import draw_curves, truth_curves
from .markup import NotRecordedError
from .search_history import SearchHistory

#: Share of a space that the drawing leaves out at the low end, where cells learn nothing.
_HIDDEN = 0.02


@dataclass(frozen=True)
class Landscape:
    """Where what was found stands among all architectures of its benchmark.

    Args:
        name: what is compared, ``<data set>_<metric>``.
        unit: its unit.
        values (np.ndarray): (N,) of every architecture, ascending.
        found: of what was found.
        marks: what a search has to be compared with, by name.
    """

    name: str
    unit: str
    values: np.ndarray
    found: float
    marks: Mapping[str, float]

    @property
    def share(self) -> float:
        """Share of the architectures that are worse."""
        return float(np.searchsorted(self.values, self.found) / len(self.values))

    def sentence(self) -> str:
        """All of it in words."""
        marks = ', '.join(f'{label} {value:.2f}' for label, value in self.marks.items())
        return (
            f'True {self.name} {self.found:.2f} {self.unit}, better than {100 * self.share:.1f} % of '
            f'{len(self.values):,} architectures ({marks}).'
        )


def landscape(history: SearchHistory) -> Optional[Landscape]:
    """Where what was found stands, by the table that :class:`mmnas_mae.BenchmarkHook` has used.

    Of the first thing that counts after full training on test images. None where no table was used, it is not
    at hand any more, or it lacks what was found.
    """
    benchmark, found = history.setting('default_hooks.benchmark.benchmark'), final_truth(history)
    if benchmark is None or not found:
        return None
    try:
        table = opened_table(benchmark, history.setting('default_hooks.benchmark.table'))
    except (FileNotFoundError, ModuleNotFoundError, ValueError):
        return None
    pairs = [pair for pair in table.headline if '_'.join(pair) in found]
    pair = next(iter([pair for pair in pairs if pair[1] == 'test'] or pairs), None)
    if pair is None:
        return None
    values = table.values(*pair)
    known = np.isfinite(values)
    marks = {'random cell, mean': float(values[known].mean())}
    sizes = [other for other in table.columns if other[1] == 'params']
    if sizes:
        params = table.values(*sizes[0])
        marks['largest cell'] = float(values[known & (params == params[known].max())].mean())
    marks['best cell'] = float(values[known].max())
    name = '_'.join(pair)
    return Landscape(name, table.units[name], np.sort(values[known]), found[name], marks)


def truth(history: SearchHistory, prefix: str) -> str:
    """What the table knows of every epoch, a panel for each unit, and where the find stands among all."""
    lines, final, known = truth_curves(history), final_truth(history), landscape(history)
    if not lines and not final:
        raise NotRecordedError('no table of a benchmark was attached, or it lacks what was found')
    parts = []
    if known is not None:
        parts += [markup.paragraph(known.sentence(), 'said'), _landscape_figure(known, f'{prefix}landscape')]
    if any(len(steps) > 1 for steps, _ in lines.values()):
        units = {name: unit for line in history.truth for name, unit in line.get('units', {}).items()}
        panels = list(dict.fromkeys(units.get(name, '') for name in lines))
        figure = new_figure(12, 3.4 * len(panels))
        for axis, unit in zip(figure.subplots(len(panels), squeeze=False)[:, 0], panels):
            drawn = {name: series for name, series in lines.items() if units.get(name, '') == unit}
            draw_curves(axis, drawn, 'after full training, by the table', 'epoch', unit)
            if known is not None and known.name in drawn:
                _draw_marks(axis.axhline, known)
                axis.legend(frameon=False, loc='upper left', bbox_to_anchor=(1, 1))
        parts.append(markup.drawing(figure, f'{prefix}truth', f'True values by epoch: {", ".join(lines)}'))
    rows = [(name, value, max([value, *lines.get(name, ((), ()))[1]])) for name, value in final.items()]
    parts.append(markup.table(['true value', 'of what was found', 'best on the way'], rows, f'{prefix}truth-table'))
    return '\n'.join(parts)


def final_truth(history: SearchHistory) -> dict[str, float]:
    """True values of what was found, empty where no table knows it."""
    line = history.truth[-1] if history.truth else history.result or {}
    return dict(line.get('values') or {})


def _landscape_figure(known: Landscape, ident: str) -> str:
    figure = new_figure(12, 3.2)
    axis = figure.subplots()
    style_axis(axis, 'among all architectures of the benchmark', f'{known.name} ({known.unit})', 'share below')
    axis.plot(known.values, np.arange(len(known.values)) / len(known.values), color=LINE_COLOURS[0], linewidth=1.8)
    _draw_marks(axis.axvline, known)
    axis.plot([known.found], [known.share], 'D', color=ALARM, markersize=9, label=f'found: {known.found:.2f}')
    low = min(float(np.quantile(known.values, _HIDDEN)), known.found)
    margin = 0.03 * (float(known.values[-1]) - low)
    axis.set_xlim(low - margin, float(known.values[-1]) + margin)
    axis.legend(frameon=False, loc='upper left')
    return markup.drawing(figure, ident, known.sentence())


def _draw_marks(line: Callable, known: Landscape) -> None:
    """Lines at what a search is compared with; ``line`` is ``axvline`` or ``axhline`` of an axis."""
    for (label, value), style in zip(known.marks.items(), ('-.', '--', ':')):
        line(value, color='black', linewidth=1.2, linestyle=style, label=f'{label}: {value:.2f}')
