"""What searches side by side in NAS-Bench-201 have found, beside the true accuracies."""

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterable, Mapping, Optional, Sequence, Union

import numpy as np
import torch
from scipy.stats import kendalltau

from ..benchmarks import load_table
from ..scores.correlation import RankStatistics
from ..scores.intervals import mean_interval
from ..spaces import Genotype, get_space
from ..utils.tables import format_number, markdown_table

SPACE = 'nasbench201'
#: Parameters in millions, CIFAR-10 figures of the benchmark: between its levels.
LIMITS = (0.15, 0.3, 0.5, 0.7, 0.9)


@dataclass
class LaneRun:
    """One search.

    Args:
        size: C and N of the search network.
        objective: ``hd``, ``single``, ``sparse`` or ``labels``.
        ratio: share of masked patches; without meaning for labels.
        seed: of everything.
        epochs: a record for each epoch.
        scores: of cells, by :func:`code_of`, by the weights of the search, where it has any.
    """

    size: tuple[int, int]
    objective: str
    ratio: float
    seed: int
    epochs: list[Mapping[str, Any]] = field(default_factory=list)
    scores: Optional[Mapping[str, float]] = None

    @property
    def group(self) -> tuple[tuple[int, int], str, Optional[float]]:
        """What it shares with searches that differ by the seed alone."""
        return self.size, self.objective, None if self.objective == 'labels' else self.ratio


def read_lanes(path: Union[str, os.PathLike]) -> list[LaneRun]:
    """The searches of a file of records, in the order in which they appear.

    Raises:
        FileNotFoundError: the file does not exist.
        ValueError: a line is no record of a lane.
    """
    runs: dict[tuple, LaneRun] = {}
    for number, line in enumerate(Path(path).read_text().splitlines(), 1):
        try:
            row = json.loads(line)
            size, ratio = (row['channels'], row['cells']), row['ratio']
            run = runs.setdefault((size, row['lane']), LaneRun(size, row['objective'], ratio, row['seed']))
            if 'scores' in row:
                run.scores = row['scores']
            else:
                run.epochs.append({key: row[key] for key in ('epoch', 'cell', 'accuracy', 'decision', 'alpha', 'loss')})
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f'{os.fspath(path)}: line {number} is no record of a search in lanes') from error
    return [run for run in runs.values() if run.epochs]


def code_of(genotype: Genotype) -> str:
    """A cell of NAS-Bench-201 in six digits: of each edge, in the order of the space, which operation it has."""
    graph = get_space(SPACE).cells['cell']
    ops = {(node, source): op for node, edges in enumerate(genotype.cells['cell'].nodes, 1) for op, source in edges}
    return ''.join(str(graph.ops[e].index(ops[edge])) for e, edge in enumerate(graph.edges))


class Landscape:
    """All cells of the benchmark.

    Args:
        truth: CIFAR-10 accuracy, ``valid`` or ``test``.

    Attributes:
        accuracy: (N,) in per cent.
        params: (N,) parameters of the benchmark's network.
        connected: (N,) whether a cell passes on its input.
    """

    def __init__(self, truth: str = 'test') -> None:
        table, space = load_table(SPACE), get_space(SPACE)
        genotypes = [table.genotype(arch) for arch in table.archs()]
        codes = [code_of(genotype) for genotype in genotypes]
        self._place = {code: i for i, code in enumerate(codes)}
        self.accuracy = np.array([table.headline_values(genotype)[f'cifar10_{truth}'] for genotype in genotypes])
        self.params = np.array([table.params(genotype) for genotype in genotypes])
        self.connected = np.array([space.is_connected(genotype) for genotype in genotypes])
        #: (N, E) which operation of each edge.
        self._ops = np.array([list(map(int, code)) for code in codes])
        # Where derivation leaves `none` out, every edge has an operation.
        self._complete = (self._ops != space.cells['cell'].ops[0].index('none')).all(1)

    def strength(self, alpha: Sequence[Sequence[float]]) -> np.ndarray:
        """(N,) the sum over the edges of the softmax weight of a cell's operations: what derivation ranks cells by."""
        weights = torch.tensor(alpha, dtype=torch.float64).softmax(1).numpy()
        return weights[np.arange(len(weights)), self._ops].sum(1)

    def places(self, codes: Iterable[str]) -> np.ndarray:
        """Of cells by :func:`code_of`."""
        return np.array([self._place[code] for code in codes])

    def correlations(self, score: np.ndarray, places: Optional[np.ndarray] = None) -> dict[str, float]:
        """Kendall's tau of a score over connected cells: with accuracy, at equal parameters, and with the parameters.

        Args:
            score: (N,) or, of some cells, as many as ``places``.
        """
        places = np.arange(len(self._ops)) if places is None else places
        inside = self.connected[places]
        score, places = score[inside], places[inside]
        truth, params = self.accuracy[places], self.params[places]
        # The resample is not looked at. Without groups scipy's is the same number, and faster over so many.
        statistics = RankStatistics(len(places), resamples=1)
        return dict(
            tau=float(kendalltau(score, truth).statistic),
            equal=float(statistics.kendall(score, truth, within=params)[0]),
            size=float(kendalltau(score, params).statistic),
        )

    def within(self, limit: float, score: np.ndarray) -> float:
        """True accuracy of the cell of the highest score among those without ``none`` of at most so many parameters."""
        fitting = np.flatnonzero((self.params <= limit) & self._complete)
        return float(self.accuracy[fitting[np.argmax(score[fitting])]])

    def controls(self, limit: float) -> dict[str, float]:
        """What needs no search, of cells without ``none``: the mean of those that fit, of their largest, the best."""
        fitting = (self.params <= limit) & self._complete
        largest = fitting & (self.params == self.params[fitting].max())
        return dict(
            random=float(self.accuracy[fitting].mean()),
            largest=float(self.accuracy[largest].mean()),
            best=float(self.accuracy[fitting].max()),
        )


def summarize_lane(run: LaneRun, landscape: Landscape) -> dict[str, Any]:
    """Figures of a search: its last cell, what alpha and the weights know of all cells, and its finds within limits."""
    last = run.epochs[-1]
    strength = landscape.strength(last['alpha'][0])
    figures = dict(
        accuracy=last['accuracy']['cifar10_test'],
        skips=last['cell'].count('skip_connect'),
        ratio=last['decision']['ratio'],
        **{f'alpha_{name}': value for name, value in landscape.correlations(strength).items()},
        **{f'within_{limit}': landscape.within(limit * 1e6, strength) for limit in LIMITS},
    )
    if run.scores is not None:
        places = landscape.places(run.scores)
        found = landscape.correlations(np.array(list(run.scores.values())), places)
        figures.update({f'weights_{name}': value for name, value in found.items()})
    return figures


def format_lanes(runs: Sequence[LaneRun], landscape: Landscape) -> str:
    """Two Markdown tables, of the searches and of what they find within limits; a row for each group of seeds.

    A figure is the mean over seeds with, behind it, half the width of its 95 % interval by Student's t.
    """
    groups: dict[tuple, list[LaneRun]] = {}
    for run in runs:
        groups.setdefault(run.group, []).append(run)
    found = [['C, N', 'objective', 'epochs', 'accuracy of each seed', 'mean', 'skips', 'ratio',
              'alpha: tau', 'at equal size', 'with size', 'weights: tau', 'at equal size', 'with size']]  # fmt: skip
    limited = [['C, N', 'objective', *(f'{limit} M' for limit in LIMITS)]]
    for (size, objective, ratio), members in groups.items():
        rows = [summarize_lane(run, landscape) for run in members]
        name = objective if ratio is None else f'{objective}, ratio {ratio}'
        head = [f'{size[0]}, {size[1]}', name]
        epochs = '/'.join(sorted({str(len(run.epochs)) for run in members}))
        accuracies = ', '.join(format_number(row['accuracy']) for row in rows)
        digits = dict(accuracy=2, skips=1)
        columns = ['accuracy', 'skips', 'ratio']
        columns += [f'{what}_{name}' for what in ('alpha', 'weights') for name in ('tau', 'equal', 'size')]
        found.append([*head, epochs, accuracies, *(interval(rows, name, digits.get(name, 2)) for name in columns)])
        limited.append([*head, *(interval(rows, f'within_{limit}') for limit in LIMITS)])
    for name in ('random', 'largest', 'best'):
        values = [landscape.controls(1e6 * limit)[name] for limit in LIMITS]
        limited.append(['', f'({name} that fits)', *map(format_number, values)])
    return f'{markdown_table(found)}\n\n{markdown_table(limited)}\n'


def interval(rows: Sequence[Mapping[str, float]], name: str, digits: int = 2) -> str:
    """``mean +- half the width`` of the 95 % interval of a figure over seeds; empty where one lacks it."""
    values = [row[name] for row in rows if name in row]
    if len(values) < len(rows) or np.isnan(values).any():
        return ''
    found = mean_interval(values)
    mean = format_number(found.mean, digits)
    return mean if found.half is None else f'{mean} +- {format_number(found.half, digits)}'
