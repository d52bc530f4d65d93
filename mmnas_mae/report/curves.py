"""Curves of a search: convergence (Figure 4), edges without weights, true accuracy."""

from typing import Container, Mapping, Optional, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..models.reconstruction.trivial_fills import TRIVIAL_FILLS
from ..utils.pictures import ALARM, LINE_COLOURS, LINE_STYLES, QUIET, new_figure, style_axis
from .search_history import SearchHistory, Series


def draw_curves(
    axis: Axes, curves: Mapping[str, Series], title: str, xlabel: str, ylabel: str = '', steps: bool = False
) -> None:
    """One line for each curve, told apart by colour and by stroke.

    Args:
        curves: by label; values that are not finite leave gaps.
        steps: whether a value holds until the next one.
    """
    style_axis(axis, title, xlabel, ylabel)
    for i, (label, (xs, values)) in enumerate(curves.items()):
        axis.plot(
            xs,
            values,
            LINE_STYLES[i % len(LINE_STYLES)],
            color=LINE_COLOURS[i % len(LINE_COLOURS)],
            linewidth=1.8,
            # Few points would be a line of unclear support, a single one would not be seen.
            marker='o' if len(xs) <= 20 else None,
            markersize=4,
            drawstyle='steps-post' if steps else 'default',
            label=label,
        )
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    if len(curves) > 3:
        axis.legend(frameon=False, loc='upper left', bbox_to_anchor=(1, 1))
    elif len(curves) > 1:
        axis.legend(frameon=False)


def panel_figure(panels: Sequence[tuple[str, str, Mapping[str, Series]]], shares: Container[str] = ()) -> Figure:
    """Curves in panels, two beside each other.

    Args:
        panels: title, what the steps count, and the curves of each.
        shares: titles of the panels that show shares of one, whose axis goes from 0 to 1 so that
            a flat line looks flat.
    """
    columns = min(2, len(panels))
    rows = -(-len(panels) // columns)
    figure = new_figure(6 * columns if columns > 1 else 8, 3.2 * rows)
    axes = figure.subplots(rows, columns, squeeze=False)
    for axis, (title, unit, curves) in zip(axes.flat, panels):
        draw_curves(axis, curves, title, unit)
        if title in shares:
            axis.set_ylim(0, 1.02)
    for axis in axes.flat[len(panels) :]:
        axis.axis('off')
    return figure


def loss_curves(history: SearchHistory) -> dict[str, Series]:
    """The training losses, counted in iterations: that of the weights, that of alpha, and their parts."""
    names = [name for name in history.scalars if name in history.training and 'loss' in name]
    labels = {'loss': 'weights', 'arch_loss': 'alpha'}
    ordered = [*(name for name in labels if name in names), *(name for name in names if name not in labels)]
    return {labels.get(name, name): history.scalars[name] for name in ordered}


def heldout_curves(history: SearchHistory) -> dict[str, Series]:
    """The metrics of the held-out images, counted in epochs.

    Without scores, which repeat another in the sign, and without :func:`yardsticks`.
    """
    known, other = ('arch/', 'benchmark/', 'val/'), ('/score', *(f'_{fill}' for fill in TRIVIAL_FILLS))
    return {
        name: series
        for name, series in history.scalars.items()
        if name not in history.training and not name.startswith(known) and not name.endswith(other)
    }


def yardsticks(history: SearchHistory, name: str) -> dict[str, Series]:
    """What a metric is without a network, as far as that was measured: by ``image mean`` and ``diffusion fill``."""
    measured = {fill: history.scalars.get(f'{name}_{fill}') for fill in TRIVIAL_FILLS}
    return {fill.replace('_', ' '): series for fill, series in measured.items() if series is not None}


def truth_curves(history: SearchHistory) -> dict[str, Series]:
    """The true accuracies of ``benchmark_history.jsonl``; epochs without an entry in the table are left out."""
    names = dict.fromkeys(name for line in history.truth for name in line['values'] or {})
    out = {}
    for name in names:
        points = [(line['epoch'], line['values'][name]) for line in history.truth if name in (line['values'] or {})]
        out[name] = tuple(zip(*points))
    return out


def best_scores(history: SearchHistory) -> Series:
    """The best score of a discrete search after each evaluation, counted from 1; failed ones count for nothing."""
    best: Optional[float] = None
    steps, values = [], []
    for number, evaluation in enumerate(history.evaluations, 1):
        score = evaluation['score']
        if score is not None:
            best = score if best is None else max(best, score)
        if best is not None:
            steps.append(number)
            values.append(best)
    return tuple(steps), tuple(values)


def draw_weightless(axis: Axes, history: SearchHistory) -> None:
    """Edges without weights of the first cell type after each epoch, with a mark where they are a collapse."""
    verdicts = history.verdicts
    edges, share = verdicts[0].edges, verdicts[0].collapse_ratio
    style_axis(axis, f'edges without weights, of {edges}', 'epoch', 'edges')
    xs, ys = [epoch.epoch for epoch in history.epochs], [sum(v.weightless.values()) for v in verdicts]
    axis.bar(xs, ys, color=[ALARM if verdict.collapsed else QUIET for verdict in verdicts], width=0.7)
    axis.axhline(share * edges, color='black', linewidth=1, linestyle='--', label='collapse above')
    marked = [(x, y) for x, y, verdict in zip(xs, ys, verdicts) if verdict.collapsed]
    if marked:
        axis.plot(*zip(*marked), 'X', color='black', markersize=8, linestyle='none', label='collapse')
    axis.set_ylim(0, edges + 0.5)
    for locator in (axis.xaxis, axis.yaxis):
        locator.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    axis.legend(frameon=False)
