"""One discrete search under many budgets: the best score against the cost."""

import csv
import os
import random
from pathlib import Path
from typing import Any, Mapping, NamedTuple, Optional, Sequence, Union

from ..benchmarks.table import BenchmarkTable
from ..costs import Budget
from ..spaces import Genotype, SearchSpace
from ..utils.pictures import LINE_COLOURS, QUIET, new_figure, save_figure, style_axis
from ..utils.records import write_text
from ..utils.tables import format_number, markdown_table
from .evaluation import Evaluation, Scorer
from .run import build_scorer, run_discrete_search
from .search_run import SearchRun

#: Random members whose costs say which budgets are searched.
_SAMPLE = 1000


class Point(NamedTuple):
    """A scored architecture.

    Args:
        evaluation: its score.
        cost: ``params`` and ``macs``.
    """

    evaluation: Evaluation
    cost: dict[str, float]


class _Remembering(Scorer):
    """A scorer that the searches of all budgets share, so that none scores again what another has.

    Its text is that of the config, by which a resumed search is known.
    """

    def __init__(self, scorer: Scorer, config: Any, space: SearchSpace) -> None:
        self.scorer, self.config, self.space = scorer, config, space
        self.known: dict[str, float] = {}

    def __call__(self, genotype: Genotype) -> float:
        arch = self.space.format(genotype)
        return self.known[arch] if arch in self.known else self.scorer(genotype)

    def __str__(self) -> str:
        return str(self.config)


def search_front(
    search: Mapping[str, Any],
    scorer: Union[Mapping[str, Any], Scorer],
    space: SearchSpace,
    seed: int,
    folder: Union[str, os.PathLike],
    points: int = 8,
    metric: str = 'macs',
    at: Optional[Mapping[str, Any]] = None,
    settings: Optional[Mapping[str, Any]] = None,
    run: Optional[SearchRun] = None,
) -> list[Point]:
    """Searches under several budgets and keeps what nothing cheaper beats, the cheapest first.

    The budgets are the quantiles of the costs of 1,000 random members, evenly spaced, and the last is the dearest of
    them. Each is a search of its own in the folder ``budget_<number>``, which is resumed where it was interrupted; an
    architecture that one has scored is not scored again by the next.

    Args:
        search, scorer, space, seed, run, settings: as for :func:`mmnas_mae.discrete.run_discrete_search`.
        folder: of the searches.
        points: how many budgets.
        metric: what they limit, ``macs`` or ``params``.
        at: the size at which the networks are used, as for :class:`mmnas_mae.costs.Budget`.

    Raises:
        ValueError: ``points`` is below 1, ``metric`` unknown, or as the search itself.
    """
    if points < 1:
        raise ValueError(f'a front needs at least 1 budget, got {points}')
    if metric not in ('macs', 'params'):
        raise ValueError(f"the cost of a front is 'macs' or 'params', got {metric!r}")
    budget = Budget(**{metric: 1}, at=at)
    budget = budget if run is None else budget.on(run.model.backbone)
    generator = random.Random(seed)
    costs = sorted(budget.cost(space.random_genotype(generator))[metric] for _ in range(_SAMPLE))
    limits = sorted({costs[(number + 1) * _SAMPLE // points - 1] for number in range(points)})
    shared, scored = _Remembering(build_scorer(scorer, run), scorer, space), {}
    for number, limit in enumerate(limits):
        log = Path(folder, f'budget_{number}', 'evaluations.jsonl')
        within = {metric: limit, **({'at': dict(at)} if at else {})}
        found = run_discrete_search(search, shared, space, seed, log, settings, run, budget=within)
        for evaluation in found.evaluate.history:
            shared.known[evaluation.arch] = evaluation.score
            scored.setdefault(evaluation.arch, Point(evaluation, budget.cost(evaluation.genotype)))
        found.genotype.save(log.with_name('genotype.json'))
    return pareto_front(list(scored.values()), metric)


def pareto_front(points: Sequence[Point], metric: str) -> list[Point]:
    """The points that no other one is as cheap as and better than, the cheapest first; of equal ones the first."""
    front: list[Point] = []
    for point in sorted(points, key=lambda point: (point.cost[metric], -point.evaluation.score)):
        if not front or point.evaluation.score > front[-1].evaluation.score:
            front.append(point)
    return front


def write_front(
    front: Sequence[Point],
    folder: Union[str, os.PathLike],
    metric: str = 'macs',
    table: Optional[BenchmarkTable] = None,
) -> list[dict[str, Any]]:
    """Writes ``front.csv``, ``front.md`` and ``front.png``.

    Args:
        front: the points, the cheapest first.
        folder: where to.
        metric: the cost that the picture shows.
        table: knows the true values, which the search does not see.

    Returns:
        list: the rows of the table: ``macs``, ``params``, ``score``, true values, ``arch``.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    names = [] if table is None else ['_'.join(pair) for pair in table.headline]
    rows = []
    for evaluation, cost in front:
        true = (table and table.headline_values(evaluation.genotype)) or {}
        values = {name: true.get(name) for name in names}
        rows.append(
            dict(macs=cost['macs'], params=cost['params'], score=evaluation.score, **values, arch=evaluation.arch)
        )
    with (folder / 'front.csv').open('w', newline='') as file:
        writer = csv.DictWriter(file, ['macs', 'params', 'score', *names, 'arch'])
        writer.writeheader()
        writer.writerows(rows)
    head = ['multiply-adds (M)', 'parameters (M)', 'score', *names, 'architecture']
    lines = [
        [
            format_number(row['macs'] / 1e6, 1),
            format_number(row['params'] / 1e6, 3),
            format_number(row['score'], 4),
            *(format_number(row[name]) for name in names),
            row['arch'].replace('|', '\\|'),
        ]
        for row in rows
    ]
    write_text(folder / 'front.md', markdown_table([head, *lines]) + '\n')
    _draw(rows, names, metric, folder / 'front.png')
    return rows


def _draw(rows: Sequence[Mapping[str, Any]], names: Sequence[str], metric: str, path: Path) -> None:
    """The score against the cost and, where they are known, the true values."""
    shown = ['score', *(name for name in names if any(row[name] is not None for row in rows))][:2]
    figure = new_figure(6 * len(shown), 4)
    for axis, name in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown):
        style_axis(axis, name, 'multiply-adds (M)' if metric == 'macs' else 'parameters (M)')
        known = [(row[metric] / 1e6, row[name]) for row in rows if row[name] is not None]
        axis.step(*zip(*known), where='post', color=QUIET)
        axis.plot(*zip(*known), 'o', color=LINE_COLOURS[0])
    save_figure(figure, path)
