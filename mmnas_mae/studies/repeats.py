"""Several runs of one search: what each found, and their mean, standard deviation and best."""

import json
import os
import statistics
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence, Union

from ..report.search_history import SearchHistory, read_search
from ..spaces import get_space
from ..utils.tables import format_number, markdown_table

#: File in the folder of a run, in which its progress is kept.
STATE = 'repeat.json'
#: Numbers of a run beside its true accuracies, and whether the smallest is the best.
NUMBERS = dict(skips=True, score=False, entropy=True, eigenvalue=True, seconds=True)
#: Digits behind the point, 2 for all others.
DIGITS = dict(score=4, entropy=4, eigenvalue=4, seconds=0)


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
        entropy: of the architecture parameters at the end, from 0 to 1 (1 = undecided).
        eigenvalue: the last dominant eigenvalue, where :class:`mmnas_mae.HessianHook` measured it.
        values: true accuracies, by ``<data set>_<metric>``, or the accuracy of a training,
            ``top1``; None where neither is known.
    """

    seed: int
    finished: bool
    seconds: float = 0.0
    arch: Optional[str] = None
    skips: Optional[int] = None
    collapsed: Optional[bool] = None
    score: Optional[float] = None
    entropy: Optional[float] = None
    eigenvalue: Optional[float] = None
    values: Optional[Mapping[str, float]] = field(default=None)


def read_repeat(folder: Union[str, os.PathLike]) -> Repeat:
    """Reads what a run left in its work directory.

    ``genotype.json`` says what was found; the true accuracy is in the last line of
    ``benchmark_history.jsonl`` (:class:`mmnas_mae.BenchmarkHook`) or, of a discrete
    search, in ``result.json``. A training has no genotype of its own; its accuracy is that of
    the last validation.

    Raises:
        FileNotFoundError: the folder is none of a repeated run.
    """
    folder = Path(folder)
    state_file = folder / STATE
    if not state_file.is_file():
        raise FileNotFoundError(f'{folder} holds no {STATE}; it was not made by tools/repeat.py')
    state = json.loads(state_file.read_text())
    known: dict[str, Any] = dict(seed=state['seed'], finished=state['finished'], seconds=state['seconds'])
    try:
        history = read_search(folder)
    except FileNotFoundError:
        return Repeat(**known)
    if history.genotype is None:
        return Repeat(**known, values=_last(history, top1='accuracy/top1') or None)
    genotype = history.genotype
    space, arch = get_space(genotype.space), get_space(genotype.space).format(genotype)
    known.update(arch=arch, score=genotype.meta.get('score'))
    if genotype.cells and space.skip_op is not None:
        cell = next(iter(genotype.cells.values()))
        known.update(skips=cell.count(space.skip_op), collapsed=cell.count(space.skip_op) == cell.num_edges)
    known.update(_last(history, entropy='arch/entropy', eigenvalue='arch/eigenvalue'))
    line = history.truth[-1] if history.truth else history.result
    # An interrupted run may have written the genotype of one epoch and not yet its line.
    return Repeat(**known, values=line['values'] if line is not None and line['arch'] == arch else None)


def _last(history: SearchHistory, **names: str) -> dict[str, float]:
    """The last values of those scalars that there are."""
    return {key: history.scalars[name][1][-1] for key, name in names.items() if name in history.scalars}


def summarize(repeats: Sequence[Repeat]) -> dict[str, Any]:
    """Mean, sample standard deviation and best of the finished runs.

    Returns:
        dict: ``runs``; ``finished`` and ``unfinished`` seeds; ``collapsed``, how many of the
        finished; and for each of ``values`` and of :data:`NUMBERS` the statistics ``n``,
        ``mean``, ``std`` (None for a single run) and ``best`` (the smallest, except of
        values and score).
    """
    done = [repeat for repeat in repeats if repeat.finished]
    names = list(dict.fromkeys(name for repeat in done for name in repeat.values or {}))
    return dict(
        runs=[asdict(repeat) for repeat in repeats],
        finished=[repeat.seed for repeat in done],
        unfinished=[repeat.seed for repeat in repeats if not repeat.finished],
        collapsed=sum(bool(repeat.collapsed) for repeat in done),
        values={name: _statistics([(r.values or {}).get(name) for r in done], max) for name in names},
        **{n: _statistics([getattr(r, n) for r in done], min if low else max) for n, low in NUMBERS.items()},
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
        values = [format_number((run['values'] or {}).get(name)) for name in names]
        found = run['arch'] or 'nothing yet'
        notes = [
            note for note, holds in dict(unfinished=not run['finished'], collapsed=run['collapsed']).items() if holds
        ]
        found = f'{found.replace("|", "/")} ({", ".join(notes)})' if notes else found.replace('|', '/')
        skips = '' if run['skips'] is None else str(run['skips'])
        rows.append(
            [str(run['seed']), *values, skips, format_number(run['score'], 4), format_number(run['seconds'], 0), found]
        )
    parts = [markdown_table(rows)]
    rows = [['', 'mean', 'std', 'best', 'runs']]
    kinds = [*summary['values'].items(), *((name, summary[name]) for name in NUMBERS)]
    for name, values in kinds:
        if values is not None:
            digits = DIGITS.get(name, 2)
            numbers = [format_number(values[key], digits) for key in ('mean', 'std', 'best')]
            rows.append([name, *numbers, str(values['n'])])
    parts.append(markdown_table(rows))
    parts.append(f'collapsed: {summary["collapsed"]} of {len(summary["finished"])} finished runs')
    if summary['unfinished']:
        parts.append(f'left out, not finished: seeds {", ".join(map(str, summary["unfinished"]))}')
    return '\n\n'.join(parts)
