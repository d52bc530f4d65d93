"""The tables of a comparison, as Markdown."""

from typing import Any, Mapping, Optional

from ..scores.intervals import Interval
from ..utils.tables import format_number, markdown_table
from .pretraining import pretraining_lines
from .summary import PRETRAINED, difference_text, setting


def format_comparison(content: Mapping[str, Any]) -> str:
    """What a reader judges by: costs, accuracies with differences, and the verdicts.

    Args:
        content: as :func:`mmnas_mae.comparison.compare.compare` gives it.
    """
    rows = content['rows']
    parts = ['# Does it pay?', *(verdict['sentence'] for verdict in content['verdicts']), _costs(content)]
    if content['pretrained']:
        labels = {rival['name']: rival['label'] for rival in content['rivals']}
        parts += ['Pre-trained without labels; held-out error beside fills that need no network:']
        parts.append(markdown_table(pretraining_lines(content['pretrained'], labels)))
    for key in dict.fromkeys((row['start'], row['judge'], row['labels']) for row in rows):
        parts.append(f'{setting(*key)}:')
        parts.append(accuracy_table([row for row in rows if (row['start'], row['judge'], row['labels']) == key]))
    seeds = ', '.join(map(str, content['seeds']))
    parts.append(
        f'Accuracy on {content["heldout_images"]} held-out images in per cent, mean over seeds {seeds} with t '
        'intervals at 95 %; differences are taken seed by seed.'
    )
    parts.append(f'Recipe: {content["recipe"]}.')
    parts += [f'Left out: {name}: {reason}.' for name, reason in content['left_out'].items()]
    return '\n\n'.join(parts) + '\n'


def _costs(content: Mapping[str, Any]) -> str:
    lines = [['network', 'parameters (k)', 'multiply-adds (M)', f'one image (ms, {content["device"]})']]
    for rival in content['rivals']:
        cost = rival['cost']
        figures = f'{cost["params"] / 1e3:.1f}', f'{cost["macs"] / 1e6:.2f}', format_number(rival['latency_ms'], 2)
        lines.append([rival['label'], *figures])
    return markdown_table(lines)


def accuracy_table(rows: list[Mapping[str, Any]]) -> str:
    """One row for each network that was judged alike."""
    pretrained = any(row['start'] == PRETRAINED and row['pretraining'] for row in rows)
    trained = any(row['rate'] is not None for row in rows)
    head = ['network', 'accuracy', 'found minus it']
    head += ['minus from scratch'] if pretrained else []
    head += ['rate', 'seconds'] if trained else []
    lines = [head]
    for row in sorted(rows, key=lambda row: -(row['accuracy'] or {'mean': -1})['mean']):
        line = [row['label'], _accuracy(row), _difference(row['found_ahead'])]
        line += [_difference(row['pretraining'])] if pretrained else []
        line += ['' if row['rate'] is None else f'{row["rate"]:g}', f'{row["seconds"]:.0f}'] if trained else []
        lines.append(line)
    return markdown_table(lines)


def _accuracy(row: Mapping[str, Any]) -> str:
    lost = f' (seeds {", ".join(map(str, row["diverged"]))} diverged)' if row['diverged'] else ''
    if row['accuracy'] is None:
        return lost.strip()
    interval = Interval(**row['accuracy'])
    half = '' if interval.half is None else f' ± {interval.half:.1f}'
    return f'{interval.mean:.1f}{half}{lost}'


def _difference(difference: Optional[Mapping[str, float]]) -> str:
    return '' if difference is None else difference_text(Interval(**difference))
