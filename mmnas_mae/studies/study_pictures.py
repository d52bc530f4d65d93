"""The pictures of a study: figures over the grid, and curves with their spread over seeds."""

import csv
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from ..report.alpha_tables import alpha_tables
from ..report.curves import truth_curves
from ..report.search_history import Series, read_search
from ..utils.pictures import LINE_COLOURS, LINE_STYLES, WEIGHTS, new_figure, save_figure, style_axis
from ..utils.tables import format_number
from .repeats import DIGITS, Repeat
from .study import Study
from .study_table import figure as number

#: Runs of one row: folder and content of each that finished.
Runs = Sequence[tuple[Path, Repeat]]
#: Markers of lines, so that a print without colours can be read.
MARKERS = ('o', 's', '^', 'D', 'v', 'P', 'X')


def draw_study(study: Study, found: Mapping[str, Mapping[int, tuple[Path, Repeat]]], folder: Path) -> list[Path]:
    """Draws what the config of a study asks for, of the runs that finished, as PNG files.

    A picture is a dict of ``file`` (a name without suffix), ``kind`` and what the function of
    that kind takes: ``lines``, ``heat``, ``alphas``, ``epochs`` or ``best``. One that no run has
    anything for is not drawn.

    Args:
        found: as :func:`mmnas_mae.studies.study_table.read_study` gives it.

    Returns:
        list[Path]: the files.

    Raises:
        ValueError: there is no such kind.
    """
    runs = {name: [run for run in row.values() if run[1].finished] for name, row in found.items()}
    written = []
    for picture in study.pictures:
        settings = dict(picture)
        kind, name = settings.pop('kind'), settings.pop('file')
        if kind not in KINDS:
            raise ValueError(f'pictures of {study.name}: kind must be one of {", ".join(KINDS)}, got {kind!r}')
        rows = [row for row in study.rows if runs[row['name']]]
        drawn = KINDS[kind](rows, runs, **settings) if rows else None
        if drawn is not None:
            written.append(folder / f'{name}.png')
            save_figure(drawn, written[-1])
    return written


def _lines(rows: Sequence[Mapping], runs: Mapping[str, Runs], x: str, y: str, series: str) -> Any:
    """``y`` of the runs against the level ``x``, a line through the means for each level ``series``; bars are
    deviations, dots single runs."""
    groups: dict[Any, list[tuple[float, list[float]]]] = {}
    for row in rows:
        values = [number(repeat, y) for _, repeat in runs[row['name']]]
        values = [value for value in values if value is not None]
        if {x, series} <= set(row['levels']) and values:
            groups.setdefault(row['levels'][series], []).append((row['levels'][x], values))
    if not groups:
        return None
    drawn = new_figure(6, 4)
    axis = drawn.subplots()
    style_axis(axis, '', x, y)
    ticks = sorted({place for points in groups.values() for place, _ in points})
    # A little beside each other, so that bars and dots of different lines can be told apart.
    step = 0.012 * (ticks[-1] - ticks[0] or 1.0)
    for i, (name, points) in enumerate(groups.items()):
        shift, colour = step * (i - (len(groups) - 1) / 2), LINE_COLOURS[i % len(LINE_COLOURS)]
        points = sorted(points, key=lambda point: point[0])
        places = np.array([place for place, _ in points], dtype=float) + shift
        means = [np.mean(values) for _, values in points]
        deviations = [np.std(values, ddof=1) if len(values) > 1 else 0.0 for _, values in points]
        style = dict(color=colour, linestyle=LINE_STYLES[i % len(LINE_STYLES)], marker=MARKERS[i % len(MARKERS)])
        axis.errorbar(places, means, deviations, capsize=3, linewidth=1.8, label=str(name), **style)
        for place, (_, values) in zip(places, points):
            axis.plot([place] * len(values), values, '.', color=colour, alpha=0.45, markersize=7)
    axis.set_xticks(ticks)
    axis.legend(frameon=False, title=series)
    return drawn


def _heat(rows: Sequence[Mapping], runs: Mapping[str, Runs], x: str, y: str, value: str) -> Any:
    """Mean of ``value`` over the runs of each cell of the grid of levels ``x`` and ``y``."""
    cells: dict[tuple, list[float]] = {}
    for row in rows:
        values = [number(repeat, value) for _, repeat in runs[row['name']]]
        if {x, y} <= set(row['levels']):
            cells.setdefault((row['levels'][y], row['levels'][x]), []).extend(v for v in values if v is not None)
    cells = {place: values for place, values in cells.items() if values}
    if not cells:
        return None
    down, across = list(dict.fromkeys(place[0] for place in cells)), sorted({place[1] for place in cells})
    means = np.full((len(down), len(across)), np.nan)
    for (row_level, column_level), values in cells.items():
        means[down.index(row_level), across.index(column_level)] = np.mean(values)
    drawn = new_figure(1.6 + 1.1 * len(across), 1.3 + 0.8 * len(down))
    axis = drawn.subplots()
    image = axis.imshow(means, cmap=WEIGHTS, aspect='auto')
    middle = (np.nanmin(means) + np.nanmax(means)) / 2
    for i, j in np.argwhere(np.isfinite(means)):
        text = format_number(means[i, j], DIGITS.get(value, 2))
        axis.text(j, i, text, ha='center', va='center', color='white' if means[i, j] <= middle else 'black')
    axis.set(xticks=range(len(across)), xticklabels=across, yticks=range(len(down)), yticklabels=down)
    axis.set(xlabel=x, ylabel=y, title=value)
    drawn.colorbar(image, ax=axis)
    return drawn


def _alphas(rows: Sequence[Mapping], runs: Mapping[str, Runs]) -> Any:
    """Mean weight of each operation over the edges, epoch by epoch: a panel for each row and kind of cell."""
    panels: dict[str, dict[str, list[Series]]] = {}
    for row in rows:
        for folder, _ in runs[row['name']]:
            history = read_search(folder)
            for table in alpha_tables(history) if history.epochs else []:
                if 'operations' not in table.title:
                    continue
                kind = table.title.removesuffix('operations').rstrip(': ')
                title = ', '.join(filter(None, [row['label'], kind]))
                steps = tuple(epoch.epoch for epoch in history.epochs)
                means = np.nanmean(table.weights, axis=1)
                for op, values in zip(table.columns, means.T):
                    panels.setdefault(title, {}).setdefault(op, []).append((steps, tuple(values)))
    if not panels:
        return None
    columns = min(4, len(panels))
    lines = -(-len(panels) // columns)
    drawn = new_figure(3.4 * columns + 1.4, 2.6 * lines + 0.3)
    axes = drawn.subplots(lines, columns, squeeze=False, sharey=True)
    ops = list(dict.fromkeys(op for panel in panels.values() for op in panel))
    for axis, (title, panel) in zip(axes.flat, panels.items()):
        _bands(axis, panel, ops)
        style_axis(axis, title, 'epoch')
    for axis in axes[:, 0]:
        axis.set_ylabel('mean weight')
    for axis in axes.flat[len(panels) :]:
        axis.axis('off')
    handles = {h.get_label(): h for axis in axes.flat for h in axis.get_lines()}
    drawn.legend([handles[op] for op in ops], ops, loc='outside right upper', frameon=False)
    return drawn


def _epochs(rows: Sequence[Mapping], runs: Mapping[str, Runs], y: str) -> Any:
    """``y`` after each epoch: skips, entropy, eigenvalue, or a true accuracy; a line for each row."""

    def read(folder: Path) -> Series:
        history = read_search(folder)
        return {**truth_curves(history), **history.scalars}.get(y) or history.scalars.get(f'arch/{y}', ((), ()))

    return _rows_over(rows, runs, read, 'epoch', y)


def _best(rows: Sequence[Mapping], runs: Mapping[str, Runs], y: str) -> Any:
    """True accuracy ``y`` of the best by the scorer, after each evaluation of a discrete search."""

    def read(folder: Path) -> Series:
        if not (folder / 'curve.csv').is_file():
            return (), ()
        with (folder / 'curve.csv').open(newline='') as file:
            lines = [line for line in csv.DictReader(file) if line.get(f'best_{y}')]
        return tuple(int(line['evaluations']) for line in lines), tuple(float(line[f'best_{y}']) for line in lines)

    return _rows_over(rows, runs, read, 'evaluations', f'{y} of the best so far')


KINDS: dict[str, Callable[..., Any]] = dict(lines=_lines, heat=_heat, alphas=_alphas, epochs=_epochs, best=_best)


def _rows_over(
    rows: Sequence[Mapping], runs: Mapping[str, Runs], read: Callable[[Path], Series], xlabel: str, ylabel: str
) -> Any:
    curves = {row['label']: [read(folder) for folder, _ in runs[row['name']]] for row in rows}
    curves = {label: [c for c in some if c[0]] for label, some in curves.items() if any(c[0] for c in some)}
    if not curves:
        return None
    drawn = new_figure(7, 4.2)
    axis = drawn.subplots()
    _bands(axis, curves, list(curves))
    style_axis(axis, '', xlabel, ylabel)
    axis.legend(frameon=False)
    return drawn


def spread(curves: Sequence[Series]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps that all curves have, and mean and sample standard deviation there (zero for a single curve)."""
    steps = sorted(set.intersection(*(set(steps) for steps, _ in curves)))
    values = np.array([[dict(zip(*curve))[step] for step in steps] for curve in curves])
    deviation = values.std(0, ddof=1) if len(values) > 1 else np.zeros(len(steps))
    return np.array(steps), values.mean(0), deviation


def _bands(axis: Axes, curves: Mapping[str, Sequence[Series]], order: Sequence[str]) -> None:
    """A line through the means of each name, in a band of one deviation."""
    for name, some in curves.items():
        i = order.index(name)
        colour, style = LINE_COLOURS[i % len(LINE_COLOURS)], LINE_STYLES[i % len(LINE_STYLES)]
        steps, mean, deviation = spread(some)
        marker = MARKERS[i % len(MARKERS)] if len(steps) <= 20 else None
        axis.plot(steps, mean, style, color=colour, linewidth=1.8, marker=marker, markersize=4, label=name)
        axis.fill_between(steps, mean - deviation, mean + deviation, color=colour, alpha=0.15, linewidth=0)
