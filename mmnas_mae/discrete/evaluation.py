"""The evaluations of a discrete search: counted, written down, and replayed when the search is resumed."""

import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Mapping, Optional, Union

from ..spaces import Genotype, SearchSpace

#: What a search maximises. The same architecture must always get the same score.
Scorer = Callable[[Genotype], float]


@dataclass(frozen=True)
class Evaluation:
    """One architecture that a search asked for.

    Args:
        number: how many were asked for before it.
        arch: its text in the space.
        score: the higher the better; minus infinity where it could not be scored.
        seconds: what scoring it took; zero for one that was scored before.
    """

    number: int
    genotype: Genotype
    arch: str
    score: float
    seconds: float


class Evaluator:
    """Scores what a search proposes.

    Every proposal counts, as in NAS-Bench-201; one that was scored before is not computed
    again. With ``path`` each evaluation is a line of JSON there. A search is resumed by
    running it again with the same seed: it proposes the same, and what the file holds is
    not computed again.

    Args:
        space: the space that the architectures belong to.
        scorer: gives the score of a genotype.
        path: file of the evaluations; None keeps them in memory only.
        settings: what makes the search what it is (its config and seed), as JSON can hold
            it; a file of other settings is refused.

    Raises:
        ValueError: the file belongs to another search.
    """

    def __init__(
        self,
        space: SearchSpace,
        scorer: Scorer,
        path: Union[None, str, os.PathLike] = None,
        settings: Optional[Mapping[str, Any]] = None,
    ) -> None:
        self.space = space
        self.scorer = scorer
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
        number, arch = len(self.history), self.space.format(genotype)
        if number < len(self._replay):
            score, seconds = self._recall(number, arch)
        elif arch in self._known:
            score, seconds = self._known[arch], 0.0
        else:
            start = time.perf_counter()
            score = float(self.scorer(genotype))
            seconds = time.perf_counter() - start
            score = score if math.isfinite(score) else -math.inf
        self._known[arch] = score
        self.history.append(Evaluation(number, genotype, arch, score, seconds))
        if self._path is not None and number >= len(self._replay):
            self._write(dict(number=number, arch=arch, score=_or_none(score), seconds=round(seconds, 6)))
        return score

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

    def _recall(self, number: int, arch: str) -> tuple[float, float]:
        line = self._replay[number]
        if line['arch'] != arch:
            raise ValueError(
                f'{self._path}, evaluation {number}: the file holds {line["arch"]}, this search proposes {arch}; '
                'it was written by another version or search, so start in another work directory'
            )
        return -math.inf if line['score'] is None else line['score'], line['seconds']

    def _open(self, settings: dict) -> None:
        """Reads what is there and cuts off a line that was not finished."""
        text = self._path.read_text() if self._path.exists() else ''
        whole = text[: text.rfind('\n') + 1]
        lines = [json.loads(line) for line in whole.splitlines()]
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
        if len(whole) < len(text):
            self._path.write_text(whole)
        if not lines:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._write(dict(settings=settings))

    def _write(self, line: dict) -> None:
        with self._path.open('a') as file:
            file.write(json.dumps(line) + '\n')


def _or_none(value: float) -> Optional[float]:
    """JSON knows no infinity."""
    return value if math.isfinite(value) else None
