"""Several runs of one search: what each found, and their mean, standard deviation and best."""

import json
import os
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from ..spaces import get_space, load_genotype

#: File in the folder of a run, in which its progress is kept.
STATE = 'repeat.json'


@dataclass(frozen=True)
class Repeat:
    """One run.

    Args:
        seed: its seed.
        finished: whether it came to its end; others count for nothing.
        seconds: wall-clock time it took, over all its parts where it was interrupted.
        arch: text of what it found; None where it found nothing yet.
        skips: skip connections in the first cell type.
        collapsed: whether that cell has nothing else.
        score: score of the held-out images.
        values: true accuracies, by ``<data set>_<metric>``; None where no table knows them.
    """

    seed: int
    finished: bool
    seconds: float = 0.0
    arch: Optional[str] = None
    skips: Optional[int] = None
    collapsed: Optional[bool] = None
    score: Optional[float] = None
    values: Optional[Mapping[str, float]] = field(default=None)


def read_repeat(folder: Union[str, os.PathLike]) -> Repeat:
    """Reads what a run left in its work directory.

    ``genotype.json`` says what was found; the true accuracy is in the last line of
    ``benchmark_history.jsonl`` (:class:`mmnas_mae.BenchmarkHook`) or, of a discrete
    search, in ``result.json``.

    Raises:
        FileNotFoundError: the folder is none of a repeated run.
    """
    folder = Path(folder)
    state_file = folder / STATE
    if not state_file.is_file():
        raise FileNotFoundError(f'{folder} holds no {STATE}; it was not made by tools/repeat.py')
    state = json.loads(state_file.read_text())
    known: dict[str, Any] = dict(seed=state['seed'], finished=state['finished'], seconds=state['seconds'])
    if not (folder / 'genotype.json').is_file():
        return Repeat(**known)
    genotype = load_genotype(folder / 'genotype.json')
    space, arch = get_space(genotype.space), get_space(genotype.space).format(genotype)
    known.update(arch=arch, score=genotype.meta.get('score'))
    if genotype.cells and hasattr(space, 'skip_op'):
        cell = next(iter(genotype.cells.values()))
        known.update(skips=cell.count(space.skip_op), collapsed=cell.count(space.skip_op) == cell.num_edges)
    return Repeat(**known, values=_true_values(folder, arch))


def _true_values(folder: Path, arch: str) -> Optional[dict[str, float]]:
    history, result = folder / 'benchmark_history.jsonl', folder / 'result.json'
    line = None
    if history.is_file():
        lines = history.read_text().splitlines()
        line = json.loads(lines[-1]) if lines else None
    elif result.is_file():
        line = json.loads(result.read_text())
    # An interrupted run may have written the genotype of one epoch and not yet its line.
    return line['values'] if line is not None and line['arch'] == arch else None


def summarize(repeats: Sequence[Repeat]) -> dict[str, Any]:
    """Mean, sample standard deviation and best of the finished runs.

    Returns:
        dict: ``runs``; ``finished`` and ``unfinished`` seeds; ``collapsed``, how many of the
        finished; and for each of ``values``, ``skips``, ``score`` and ``seconds`` the
        statistics ``n``, ``mean``, ``std`` (None for a single run) and ``best`` (the
        smallest for skips and seconds).
    """
    done = [repeat for repeat in repeats if repeat.finished]
    names = list(dict.fromkeys(name for repeat in done for name in repeat.values or {}))
    return dict(
        runs=[asdict(repeat) for repeat in repeats],
        finished=[repeat.seed for repeat in done],
        unfinished=[repeat.seed for repeat in repeats if not repeat.finished],
        collapsed=sum(bool(repeat.collapsed) for repeat in done),
        values={name: _statistics([(r.values or {}).get(name) for r in done], max) for name in names},
        score=_statistics([repeat.score for repeat in done], max),
        skips=_statistics([repeat.skips for repeat in done], min),
        seconds=_statistics([repeat.seconds for repeat in done], min),
    )


def _statistics(numbers: Sequence[Optional[float]], best: Any) -> Optional[dict[str, Any]]:
    known = [number for number in numbers if number is not None]
    if not known:
        return None
    std = statistics.stdev(known) if len(known) > 1 else None
    return dict(n=len(known), mean=statistics.fmean(known), std=std, best=best(known))


def format_summary(summary: Mapping[str, Any]) -> str:
    """The summary as two Markdown tables: the runs, and the statistics of those that finished."""
    names = list(summary['values'])
    rows = [['seed', *names, 'skips', 'score', 'seconds', 'found']]
    for run in summary['runs']:
        values = [_number((run['values'] or {}).get(name)) for name in names]
        found = run['arch'] or 'nothing yet'
        notes = [
            note for note, holds in dict(unfinished=not run['finished'], collapsed=run['collapsed']).items() if holds
        ]
        found = f'{found.replace("|", "/")} ({", ".join(notes)})' if notes else found.replace('|', '/')
        skips = '' if run['skips'] is None else str(run['skips'])
        rows.append([str(run['seed']), *values, skips, _number(run['score'], 4), _number(run['seconds'], 0), found])
    parts = [_table(rows)]
    rows = [['', 'mean', 'std', 'best', 'runs']]
    kinds = [*summary['values'].items(), *((name, summary[name]) for name in ('skips', 'score', 'seconds'))]
    for name, values in kinds:
        if values is not None:
            digits = {'score': 4, 'seconds': 0}.get(name, 2)
            numbers = [_number(values[key], digits) for key in ('mean', 'std', 'best')]
            rows.append([name, *numbers, str(values['n'])])
    parts.append(_table(rows))
    parts.append(f'collapsed: {summary["collapsed"]} of {len(summary["finished"])} finished runs')
    if summary['unfinished']:
        parts.append(f'left out, not finished: seeds {", ".join(map(str, summary["unfinished"]))}')
    return '\n\n'.join(parts)


def _number(value: Optional[float], digits: int = 2) -> str:
    return '' if value is None else f'{value:.{digits}f}'


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows)]
    lines = ['| ' + ' | '.join(cell.ljust(width) for cell, width in zip(row, widths)) + ' |' for row in rows]
    lines.insert(1, '|' + '|'.join('-' * (width + 2) for width in widths) + '|')
    return '\n'.join(lines)
