"""The evaluations of a discrete search: counted, written down, and replayed when the search is resumed."""

import json
import math
import os
import random
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Callable, Mapping, NamedTuple, Optional, Sequence, Union

from ..spaces import Genotype, SearchSpace
from ..utils.records import append_record, read_records, write_records

#: Whether an architecture is small enough.
Limit = Callable[[Genotype], bool]


class Scorer(ABC):
    """What a discrete search maximises; an entry of ``TASK_UTILS``. The same architecture always gets the same score.

    Attributes:
        needs_run: whether it is built with ``run``, a :class:`mmnas_mae.discrete.SearchRun`: the
            model and images of a search.
        needs_weights: whether that search has to be trained.
        score: which of :data:`mmnas_mae.models.objectives.prediction.SCORES` it takes of an
            image; None for the first, or where it looks at none.
    """

    needs_run = False
    needs_weights = False
    score: Optional[str] = None

    @abstractmethod
    def __call__(self, genotype: Genotype) -> float:
        """The score of a member of the space, the higher the better; what is not finite counts as the worst.

        Raises:
            ValueError: ``genotype`` cannot be scored.
        """


@dataclass(frozen=True)
class Evaluation:
    """One architecture that a search asked for.

    Args:
        number: how many were asked for before it.
        arch: its text in the space.
        score: the higher the better; minus infinity where it could not be scored.
        seconds: what scoring it took; zero for one that was scored before.
        cpu_seconds: the same in processor time, over all threads of the process.
    """

    number: int
    genotype: Genotype
    arch: str
    score: float
    seconds: float
    cpu_seconds: float = 0.0


class Measured(NamedTuple):
    """A score and what it took."""

    score: float
    seconds: float = 0.0
    cpu_seconds: float = 0.0


def measure(scorer: Callable[[Genotype], float], genotype: Genotype) -> Measured:
    """Scores one architecture; what is not finite becomes minus infinity."""
    start, cpu_start = time.perf_counter(), time.process_time()
    score = float(scorer(genotype))
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu_start
    return Measured(score if math.isfinite(score) else -math.inf, seconds, cpu_seconds)


class Evaluator:
    """Scores what a search proposes.

    Every proposal counts, as in NAS-Bench-201; one that was scored before is not computed
    again. With ``path`` each evaluation is a line of JSON there. A search is resumed by
    running it again with the same seed: it proposes the same, and what the file holds is
    not computed again.

    Args:
        space: the space that the architectures belong to.
        scorer: gives the score of a genotype: a :class:`Scorer` or a function.
        path: file of the evaluations; None keeps them in memory only.
        settings: what makes the search what it is (its config and seed), as JSON can hold
            it; a file of other settings is refused.
        limit: says whether an architecture is small enough, such as :class:`mmnas_mae.costs.Budget`. One that is not
            counts as the worst and is not scored; searches ask :meth:`admitted` and :meth:`drawn`, and propose none.

    Raises:
        ValueError: the file belongs to another search.
    """

    #: Proposals until one has to be within the limit.
    patience = 100

    def __init__(
        self,
        space: SearchSpace,
        scorer: Callable[[Genotype], float],
        path: Union[None, str, os.PathLike] = None,
        settings: Optional[Mapping[str, Any]] = None,
        limit: Optional[Limit] = None,
    ) -> None:
        self.space = space
        self.scorer = scorer
        self.limit = limit
        self.history: list[Evaluation] = []
        self._known: dict[str, float] = {}
        self._replay: list[dict] = []
        self._path = None if path is None else Path(path)
        if self._path is not None:
            self._open(json.loads(json.dumps(settings or {}, default=str)))

    def __call__(self, genotype: Genotype) -> float:
        """The score of ``genotype``.

        Raises:
            ValueError: the search does not propose what the file of a resumed one holds.
        """
        return self.batch([genotype])[0]

    def batch(self, genotypes: Sequence[Genotype], map_fn: Callable[[Callable, list], Sequence] = map) -> list[float]:
        """The scores of several, as if they were proposed one after the other.

        Args:
            map_fn: applies a function to each of those that have to be computed, such as
                :func:`mmnas_mae.discrete.map_evaluations`, which may do so at the same time.
                They are written down when all of them are known.

        Raises:
            ValueError: the search does not propose what the file of a resumed one holds.
        """
        first, archs = len(self.history), [self.space.format(genotype) for genotype in genotypes]
        known = {*self._known, *(line['arch'] for line in self._replay[first : first + len(archs)])}
        new = {arch: genotype for arch, genotype in zip(archs, genotypes) if arch not in known}
        small = {arch: genotype for arch, genotype in new.items() if self.admits(genotype)}
        computed = dict.fromkeys(new, Measured(-math.inf))
        computed.update(zip(small, map_fn(partial(measure, self.scorer), list(small.values()))))
        for number, (arch, genotype) in enumerate(zip(archs, genotypes), first):
            replayed = number < len(self._replay)
            if replayed:
                measured = self._recall(number, arch)
            elif arch in computed:
                measured = computed.pop(arch)
            else:
                measured = Measured(self._known[arch])
            self._known[arch] = measured.score
            self.history.append(Evaluation(number, genotype, arch, *measured))
            if self._path is not None and not replayed:
                times = {key: round(getattr(measured, key), 6) for key in ('seconds', 'cpu_seconds')}
                line = dict(number=number, arch=arch, score=_or_none(measured.score), **times)
                append_record(self._path, line)
        return [evaluation.score for evaluation in self.history[first:]]

    def admits(self, genotype: Genotype) -> bool:
        """Whether an architecture is within the limit."""
        return self.limit is None or self.limit(genotype)

    def admitted(self, propose: Callable[[], Genotype]) -> Optional[Genotype]:
        """The first of some proposals that is within the limit; None where none of them is.

        Args:
            propose: draws an architecture; without a limit it is called once.
        """
        return next(filter(self.admits, (propose() for _ in range(self.patience))), None)

    def drawn(self, generator: random.Random) -> Genotype:
        """A random member of the space within the limit.

        Raises:
            ValueError: none is found.
        """
        member = self.admitted(lambda: self.space.random_genotype(generator))
        if member is not None:
            return member
        if not hasattr(self.limit, 'draw'):
            raise ValueError(f'the limit lets none of {self.patience} random members of {self.space.name} pass')
        return self.limit.draw(self.space, generator)

    @property
    def recorded(self) -> int:
        """How many evaluations the file held when it was opened."""
        return len(self._replay)

    @property
    def best(self) -> Evaluation:
        """The best evaluation, the earliest of equal ones.

        Raises:
            ValueError: nothing was evaluated.
        """
        if not self.history:
            raise ValueError('the search evaluated nothing; its budget must be at least 1')
        return max(self.history, key=lambda evaluation: evaluation.score)

    def best_so_far(self) -> list[Evaluation]:
        """After each evaluation the best until then."""
        curve: list[Evaluation] = []
        for evaluation in self.history:
            curve.append(evaluation if not curve or evaluation.score > curve[-1].score else curve[-1])
        return curve

    def _recall(self, number: int, arch: str) -> Measured:
        line = self._replay[number]
        if line['arch'] != arch:
            raise ValueError(
                f'{self._path}, evaluation {number}: the file holds {line["arch"]}, this search proposes {arch}; '
                'it was written by another version or search, so start in another work directory'
            )
        score = -math.inf if line['score'] is None else line['score']
        return Measured(score, line['seconds'], line.get('cpu_seconds', 0.0))

    def _open(self, settings: dict) -> None:
        """Reads what is there and cuts off a line that was not finished."""
        lines = read_records(self._path)
        if lines:
            found = lines[0].get('settings')
            if found != settings:
                keys = [k for k in {**(found or {}), **settings} if (found or {}).get(k) != settings.get(k)]
                what = keys[0] if keys else 'settings'
                raise ValueError(
                    f'{self._path} belongs to another search: {what} is {(found or {}).get(what)!r} there and '
                    f'{settings.get(what)!r} here; use another work directory'
                )
        self._replay = lines[1:]
        write_records(self._path, lines or [dict(settings=settings)])


def _or_none(value: float) -> Optional[float]:
    """JSON knows no infinity."""
    return value if math.isfinite(value) else None
