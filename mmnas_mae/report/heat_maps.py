"""Heat maps of alpha over the epochs of a search."""

import math
from typing import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..utils.pictures import WEIGHTS, new_figure
from .alpha_tables import AlphaTable

#: Most panels beside each other: the 14 edges of a cell of DARTS make two rows.
_COLUMNS = 7


def alpha_figure(table: AlphaTable, epochs: Sequence[int]) -> Figure:
    """Weights of every candidate over the epochs, one panel for each edge, all on one scale.

    A dot is where the derived architecture has the candidate. A table with a single
    column, such as that of the weights of edges, is one panel with the edges as its rows.

    Args:
        table: weights (T, E, K).
        epochs: the T epochs.
    """
    if len(table.columns) == 1:
        panels = [(table.title, table.rows, table.weights[..., 0].T, table.chosen[..., 0].T)]
    else:
        panels = [(row, table.columns, table.weights[:, e].T, table.chosen[:, e].T) for e, row in enumerate(table.rows)]
    rows = math.ceil(len(panels) / _COLUMNS)
    columns = math.ceil(len(panels) / rows)
    height = 0.19 * max(len(names) for _, names, _, _ in panels) + 0.55
    figure = new_figure(12, max(2.0, rows * height + 0.4))
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True)
    norm = weight_scale(table)
    for axis, (title, names, weights, chosen) in zip(axes.flat, panels):
        draw_heat_map(axis, weights, chosen, epochs, norm)
        axis.set_title(title, loc='left', fontsize=8)
        axis.set_yticks(range(len(names)), names if axis in axes[:, 0] else [], fontsize=8)
        axis.tick_params(labelsize=8, length=0)
    for axis in axes.flat[len(panels) :]:
        axis.axis('off')
    for axis in axes.flat[max(0, len(panels) - columns) : len(panels)]:
        axis.set_xlabel('epoch', fontsize=8)
        axis.tick_params(labelbottom=True)
    bar = figure.colorbar(ScalarMappable(norm, WEIGHTS), ax=axes, shrink=min(1.0, 3 / (rows * height)), pad=0.01)
    bar.set_label('weight', fontsize=8)
    bar.ax.tick_params(labelsize=8)
    return figure


def draw_heat_map(axis: Axes, weights: np.ndarray, chosen: np.ndarray, epochs: Sequence[int], norm: Normalize) -> None:
    """Candidates down, epochs across.

    Args:
        weights (np.ndarray): (K, T), NaN where there is no candidate.
        chosen (np.ndarray): (K, T), where to set a dot.
        norm: scale of the colours.
    """
    edges = np.array([epochs[0] - 0.5, *(epoch + 0.5 for epoch in epochs)])
    axis.pcolormesh(edges, np.arange(len(weights) + 1) - 0.5, weights, cmap=WEIGHTS, norm=norm, rasterized=True)
    axis.invert_yaxis()
    ys, xs = np.nonzero(chosen)
    axis.plot(
        np.asarray(epochs)[xs], ys, 'o', color='white', markeredgecolor='black', markersize=3.5, markeredgewidth=0.6
    )
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5, min_n_ticks=1))


def weight_scale(table: AlphaTable) -> Normalize:
    """From the smallest to the largest weight of all epochs: early in a search they differ little."""
    low, high = float(np.nanmin(table.weights)), float(np.nanmax(table.weights))
    return Normalize(low, high if high > low else low + 1e-6)
