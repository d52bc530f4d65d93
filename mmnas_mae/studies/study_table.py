"""The table of a study: for each row mean and deviation over its seeds."""

import json
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

from ..utils.tables import format_number, markdown_table
from .repeats import DIGITS, NUMBERS, STATE, Repeat, read_repeat, summarize


def read_study(
    folder: Path, rows: Sequence[Mapping[str, Any]], seeds: Sequence[int]
) -> dict[str, dict[int, tuple[Path, Repeat]]]:
    """What the runs have left: folder and content by row and seed; runs that never started are absent."""
    found: dict[str, dict[int, tuple[Path, Repeat]]] = {}
    for row in rows:
        folders = {seed: folder / row['name'] / f'seed_{seed}' for seed in seeds}
        found[row['name']] = {
            seed: (path, read_repeat(path)) for seed, path in folders.items() if (path / STATE).is_file()
        }
    return found


def figure(repeat: Repeat, name: str) -> Optional[float]:
    """A number of a run by its name: one of :data:`NUMBERS`, ``collapsed``, or a true accuracy."""
    if name in NUMBERS or name == 'collapsed':
        value = getattr(repeat, name)
        return None if value is None else float(value)
    return (repeat.values or {}).get(name)


def study_summary(
    title: str,
    rows: Sequence[Mapping[str, Any]],
    found: Mapping[str, Mapping[int, tuple[Path, Repeat]]],
    seeds: Sequence[int],
) -> dict[str, Any]:
    """The study as JSON can hold it.

    Returns:
        dict: ``title``, ``seeds`` and ``rows``, each with ``name``, ``label``, ``config``,
        ``levels``, ``published``, what :func:`summarize` says of its runs, and ``given``, the
        options of its runs that are not the study's own.
    """
    keys = ('name', 'label', 'config', 'levels', 'published')
    table = []
    for row in rows:
        runs = found[row['name']].values()
        states = [json.loads((folder / STATE).read_text()) for folder, _ in runs]
        given = dict.fromkeys(option for state in states for option in state.get('given', []))
        summary = summarize([repeat for _, repeat in runs])
        table.append(dict({key: row[key] for key in keys}, given=list(given), **summary))
    return dict(title=title, seeds=list(seeds), rows=table)


def format_study(summary: Mapping[str, Any], columns: Sequence[str]) -> str:
    """A Markdown table of mean and sample standard deviation over the runs that finished.

    Args:
        summary: as :func:`study_summary` gives it.
        columns: names as in :func:`figure`; those that no run has are left out, and all
            accuracies are shown where no column names one. Rows without a run are listed
            below the table, as are settings that are not those of the study.
    """
    rows = [row for row in summary['rows'] if row['runs']]
    accuracies = list(dict.fromkeys(name for row in rows for name in row['values']))
    if not any(name in accuracies for name in columns):
        columns = [*accuracies, *columns]
    known = dict(collapsed='skips')
    columns = [name for name in columns if any(_statistic(row, known.get(name, name)) for row in rows)]
    published = list(dict.fromkeys(name for row in rows for name in row['published']))
    lines = [['', *(f'paper, {name}' for name in published), *columns, 'runs']]
    for row in rows:
        total = len(row['finished'])
        line = [row['label'], *(str(row['published'].get(name, '')) for name in published)]
        for name in columns:
            if name == 'collapsed':
                line.append('' if row['skips'] is None else f'{row["collapsed"]} of {row["skips"]["n"]}')
            else:
                line.append(_mean(_statistic(row, name), DIGITS.get(name, 2), total))
        lines.append([*line, f'{total} of {len(summary["seeds"])}'])
    text = f'# {summary["title"]}\n\n{markdown_table(lines)}\n\n'
    seeds = ', '.join(map(str, summary['seeds']))
    text += f'Mean ± sample standard deviation over the runs that finished; seeds {seeds}.\n'
    given = list(dict.fromkeys(option for row in rows for option in row['given']))
    if given:
        text += f'\nNot with the settings of the study alone, but with: {" ".join(given)}\n'
    waiting = [row['label'] for row in summary['rows'] if not row['runs']]
    return f'{text}\nNot started: {"; ".join(waiting)}.\n' if waiting else text


def _statistic(row: Mapping[str, Any], name: str) -> Optional[Mapping[str, Any]]:
    return row[name] if name in NUMBERS else row['values'].get(name)


def _mean(statistic: Optional[Mapping[str, Any]], digits: int, total: int) -> str:
    if statistic is None:
        return ''
    text = format_number(statistic['mean'], digits)
    if statistic['std'] is not None:
        text += f' ± {format_number(statistic["std"], digits)}'
    return text if statistic['n'] == total else f'{text} (n={statistic["n"]})'
