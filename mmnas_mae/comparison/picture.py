"""The picture of a comparison."""

import textwrap
from typing import Any, Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..utils.pictures import LINE_COLOURS, LINE_STYLES, new_figure, style_axis
from .summary import JUDGE_WORDS, PRETRAINED, setting

_START_WORDS = dict(scratch='from scratch', pretrained='pre-trained')


def comparison_figure(rows: Sequence[Mapping[str, Any]]) -> Figure:
    """Accuracies with their intervals: of one share of labels network by network, of several as curves over it.

    Args:
        rows: as :func:`mmnas_mae.comparison.summary.summarize` gives them.
    """
    judges = list(dict.fromkeys(row['judge'] for row in rows))
    if len({row['labels'] for row in rows}) > 1:
        figure = new_figure(5.2 * len(judges) + 1, 4.2)
        for axis, judge in zip(figure.subplots(1, len(judges), squeeze=False).flat, judges):
            _curves(axis, [row for row in rows if row['judge'] == judge], JUDGE_WORDS[judge])
        return figure
    keys = list(dict.fromkeys((row['start'], row['judge'], row['labels']) for row in rows))
    names = len({row['rival'] for row in rows})
    figure = new_figure(8.5, (0.4 * names + 1.2) * len(keys))
    for axis, key in zip(figure.subplots(len(keys), 1, squeeze=False).flat, keys):
        _dots(axis, [row for row in rows if (row['start'], row['judge'], row['labels']) == key], setting(*key))
    return figure


def _dots(axis: Axes, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """One line for each network, the best above: every seed a small ring, the mean with its interval."""
    style_axis(axis, textwrap.fill(title, 60), 'accuracy (per cent)')
    known = sorted((row for row in rows if row['accuracy']), key=lambda row: row['accuracy']['mean'])
    for place, row in enumerate(known):
        mean, colour = row['accuracy']['mean'], LINE_COLOURS[1 if row['rival'] == 'found' else 0]
        half = 0 if row['accuracy']['low'] is None else mean - row['accuracy']['low']
        axis.errorbar(mean, place, xerr=half, fmt='o', color=colour, capsize=4)
        values = list(row['accuracies'].values())
        axis.plot(values, [place] * len(values), 'o', color=colour, fillstyle='none', markersize=9, alpha=0.5)
    axis.set_yticks(range(len(known)), [row['label'] for row in known])
    axis.set_ylim(-0.6, len(known) - 0.4)
    # Intervals of few seeds reach beyond what an accuracy can be.
    axis.set_xlim(max(-1, axis.get_xlim()[0]), min(101, axis.get_xlim()[1]))


def _curves(axis: Axes, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    style_axis(axis, title, 'labels (per cent)', 'accuracy (per cent)')
    axis.set_xscale('log')
    names = list(dict.fromkeys(row['rival'] for row in rows))
    for rival, start in dict.fromkeys((row['rival'], row['start']) for row in rows):
        line = [row for row in rows if (row['rival'], row['start']) == (rival, start) and row['accuracy']]
        line.sort(key=lambda row: row['labels'])
        if not line:
            continue
        halves = [
            0 if row['accuracy']['low'] is None else row['accuracy']['mean'] - row['accuracy']['low'] for row in line
        ]
        axis.errorbar(
            [100 * row['labels'] for row in line],
            [row['accuracy']['mean'] for row in line],
            yerr=halves,
            color=LINE_COLOURS[names.index(rival) % len(LINE_COLOURS)],
            linestyle=LINE_STYLES[0 if start == PRETRAINED else 1],
            marker='o',
            capsize=3,
            label=f'{line[0]["label"]}, {_START_WORDS[start]}',
        )
    axis.set_ylim(max(-1, axis.get_ylim()[0]), min(101, axis.get_ylim()[1]))
    shares = sorted({100 * row['labels'] for row in rows})
    axis.set_xticks(shares, [f'{share:g}' for share in shares], minor=False)
    axis.minorticks_off()
    axis.legend(frameon=False, fontsize=8)
