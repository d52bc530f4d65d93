"""The rank correlation study as Markdown and as scatter plots."""

import math
import os
from typing import Any, Iterable, Mapping, Optional, Sequence, Union

import numpy as np
from matplotlib.axes import Axes

from ..utils.pictures import new_figure, save_figure
from ..utils.tables import markdown_table
from .correlation import Estimate
from .correlation_study import TOP, Protocol, by_sample

#: Okabe and Ito's colours, with marks that differ too.
_CONNECTED = dict(color='#0072B2', marker='o', s=14, alpha=0.6, linewidths=0, label='connected')
_DISCONNECTED = dict(color='#D55E00', marker='x', s=22, linewidths=1.2, label='disconnected')
_LINES = (dict(color='#009E73', linestyle='--'), dict(color='#CC79A7', linestyle=':'))


def format_study(found: Mapping[str, Any]) -> str:
    """The study as Markdown: a table for each true value, the losses, the differences of protocols."""
    drawn = '' if found['samples'] == 1 else f' in {found["samples"]} samples'
    head = f'{found["benchmark"]}: {found["architectures"]} architectures{drawn}, {found["disconnected"]} disconnected'
    parts = [head]
    for truth, values in found['truths'].items():
        parts.append(f'{truth}, mean {values["sample"]["mean"]:.4g}, best {values["sample"]["best"]:.4g}')
        parts.append(_truth_table(values))
        parts.append(_difference_table(values['differences']))
    for name, losses in found['losses'].items():
        if losses is not None:
            below = ', '.join(
                f'{trivial} {loss:.4f} (beaten by {losses["below"][trivial]:.0%} of the connected architectures)'
                for trivial, loss in losses['trivial'].items()
            )
            parts.append(f'loss of {name}: median {losses["median"]:.4f}, best {losses["best"]:.4f}; {below}')
    return '\n\n'.join(parts)


def _truth_table(values: Mapping[str, Any]) -> str:
    rows = [['predictor', 'range', 'n', 'tau', 'rho', 'tau given parameters', 'tau at equal size', 'std of seeds']]
    rows[0] += [f'top {k}, mean / best' for k in TOP]
    for predictor, by_range in values['predictors'].items():
        for name, count in values['ranges'].items():
            if name not in by_range:
                continue
            found = by_range[name]
            row = [predictor, name, str(count), *(_estimate(found[key]) for key in ('tau', 'rho', 'partial', 'equal'))]
            row.append('' if found['seed_std'] is None else f'{found["seed_std"]:.3f}')
            tops = [by_range['top'][k] for k in TOP] if name == 'all' else []
            rows.append(
                row + [f'{top["mean"]:.4g} / {top["best"]:.4g}' for top in tops] + [''] * (len(TOP) - len(tops))
            )
    return markdown_table(rows)


def _difference_table(differences: Mapping[str, Any]) -> str:
    """Of each pair the difference in tau; an interval without zero tells the two apart."""
    pairs = next(iter(differences.values()), {})
    rows = [['difference of tau', *differences]]
    rows += [[pair, *(_estimate(found[pair]) for found in differences.values())] for pair in pairs]
    return markdown_table(rows)


def _estimate(found: Optional[Estimate]) -> str:
    return '' if found is None else f'{found.value:.3f} [{found.low:.3f}, {found.high:.3f}]'


def plain(value: Any) -> Any:
    """A study as JSON can hold it, which knows no NaN."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def plot_study(protocols: Sequence[Protocol], found: Mapping[str, Any], path: Union[str, os.PathLike]) -> None:
    """Scatter plots: a column for each true value, a row for each protocol and one for the parameters.

    Of several seeds on the same architectures the mean score is drawn. Losses of trivial predictors are lines.

    Args:
        protocols: what :func:`mmnas_mae.scores.correlation_study.study` was given.
        found: what it returned.
        path: picture file; its suffix says the format.

    Raises:
        ValueError: the suffix names no format that matplotlib writes.
    """
    samples = by_sample(protocols)
    firsts = [sample[0].seeds[0].columns for sample in samples]
    connected = _joined(first['connected'] for first in firsts).astype(bool)
    rows = {
        p.name: _joined(np.mean([scores.columns['score'] for scores in sample[i].seeds], axis=0) for sample in samples)
        for i, p in enumerate(protocols)
    }
    rows['parameters'] = _joined(first['params'] for first in firsts) / 1e6
    truths = list(found['truths'])
    figure = new_figure(4.2 * len(truths) + 0.6, 3.3 * len(rows) + 0.5)
    axes = figure.subplots(len(rows), len(truths), squeeze=False)
    for axis_row, (name, values) in zip(axes, rows.items()):
        for axis, truth in zip(axis_row, truths):
            _scatter(axis, _joined(first[truth] for first in firsts), values, connected)
            tau = found['truths'][truth]['predictors'][name]
            title = ', '.join(f'{key} {tau[key]["tau"].value:.2f}' for key in ('connected', 'top half') if key in tau)
            axis.set_title(f'tau: {title}', fontsize=9)
            axis.set_xlabel(truth, fontsize=9)
            _lines(axis, found['losses'].get(name))
        axis_row[0].set_ylabel('parameters, millions' if name == 'parameters' else f'score of {name}', fontsize=9)
    axes[0, 0].legend(fontsize=8, loc='lower right')
    save_figure(figure, path)


def _joined(parts: Iterable[np.ndarray]) -> np.ndarray:
    return np.concatenate(list(parts))


def _scatter(axis: Axes, truth: np.ndarray, values: np.ndarray, connected: np.ndarray) -> None:
    for kept, style in ((connected, _CONNECTED), (~connected, _DISCONNECTED)):
        if kept.any():
            axis.scatter(truth[kept], values[kept], **style)
    axis.tick_params(labelsize=8)
    axis.grid(color='#dddddd', linewidth=0.6)
    axis.set_axisbelow(True)


def _lines(axis: Axes, losses: Optional[Mapping[str, Any]]) -> None:
    for style, (name, loss) in zip(_LINES, (losses or dict(trivial={}))['trivial'].items()):
        axis.axhline(-loss, linewidth=1.3, label=f'minus loss of {name}', **style)
