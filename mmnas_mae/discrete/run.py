"""A discrete search from its configs to what it found, for the tool and for the hook."""

import csv
import math
import os
import random
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Union

from mmengine.config import Config

from ..benchmarks.table import BenchmarkTable
from ..costs import Budget
from ..models import found_on
from ..registry import TASK_UTILS
from ..spaces import Genotype, SearchSpace
from ..utils.settings import explained
from .evaluation import Evaluation, Evaluator, Scorer
from .search_run import SearchRun


def scorer_class(name: str) -> type[Scorer]:
    """The class of a registered scorer.

    Raises:
        ValueError: there is no such scorer, or it is no :class:`Scorer`.
    """
    cls = TASK_UTILS.get(name)
    if cls is None:
        known = ', '.join(sorted(name for name in TASK_UTILS.module_dict if name.endswith('Scorer')))
        raise ValueError(f'there is no scorer {name!r}; there are: {known}')
    if not (isinstance(cls, type) and issubclass(cls, Scorer)):
        raise ValueError(f'{name} is no mmnas_mae.discrete.Scorer')
    return cls


def build_scorer(scorer: Union[Mapping[str, Any], Scorer], run: Optional[SearchRun] = None) -> Scorer:
    """A scorer from its config, or as it is.

    Args:
        scorer: such as ``dict(type='mmnas_mae.TableScorer', ...)``.
        run: the search that a scorer with ``needs_run`` works on.

    Raises:
        ValueError: the scorer needs a search, or its weights, and there are none, or see :func:`scorer_class`.
    """
    if not isinstance(scorer, Mapping):
        return scorer
    cls = scorer_class(scorer['type'])
    if cls.needs_run:
        if run is None:
            raise ValueError(f'{scorer["type"]} works on a trained search; set run to its config and checkpoint')
        if cls.needs_weights and not run.trained:
            raise ValueError(f'{scorer["type"]} scores with trained weights; set run.checkpoint, or give --checkpoint')
    with explained(Config(dict(scorer=dict(scorer)))):
        return TASK_UTILS.build(dict(scorer), default_args=dict(run=run) if cls.needs_run else None)


@dataclass(frozen=True)
class Found:
    """What a discrete search found.

    Args:
        evaluate: with all that was asked for.
        genotype: the best, whose ``meta`` says how it was found.
        table: knows the true values; None for none.
    """

    evaluate: Evaluator
    genotype: Genotype
    table: Optional[BenchmarkTable] = None

    @property
    def best(self) -> Evaluation:
        """The best evaluation."""
        return self.evaluate.best

    @property
    def values(self) -> Optional[dict[str, float]]:
        """What the table knows of the best after full training; None without a table or an entry."""
        return None if self.table is None else self.table.headline_values(self.genotype)

    @property
    def units(self) -> dict[str, str]:
        """The unit of each of ``values``."""
        return {name: self.table.units[name] for name in self.values or {}}

    def result(self) -> dict[str, Any]:
        """The best and what finding it took, as JSON can hold it."""
        best, history = self.best, self.evaluate.history
        return dict(
            arch=best.arch,
            score=self.genotype.meta['score'],
            found_at=best.number + 1,
            evaluations=len(history),
            architectures=len({evaluation.arch for evaluation in history}),
            seconds=round(sum(evaluation.seconds for evaluation in history), 3),
            seed=self.genotype.meta['seed'],
            values=self.values,
            units=self.units,
        )

    def write_curve(self, path: Union[str, os.PathLike]) -> None:
        """Writes CSV: for each evaluation its score, the best until then, and the true values of that best."""
        names = [] if self.table is None else ['_'.join(pair) for pair in self.table.headline]
        with open(path, 'w', newline='') as file:
            writer = csv.writer(file)
            writer.writerow(['evaluations', 'score', 'best_score', *(f'best_{name}' for name in names), 'best_arch'])
            known: dict[str, Mapping[str, float]] = {}
            for number, (own, best) in enumerate(zip(self.evaluate.history, self.evaluate.best_so_far()), 1):
                if best.arch not in known:
                    known[best.arch] = (self.table and self.table.headline_values(best.genotype)) or {}
                true = [known[best.arch].get(name) for name in names]
                writer.writerow([number, own.score, best.score, *true, best.arch])


def run_discrete_search(
    search: Mapping[str, Any],
    scorer: Union[Mapping[str, Any], Scorer],
    space: SearchSpace,
    seed: int,
    log: Union[None, str, os.PathLike] = None,
    settings: Optional[Mapping[str, Any]] = None,
    run: Optional[SearchRun] = None,
    table: Optional[BenchmarkTable] = None,
    budget: Optional[Mapping[str, Any]] = None,
    **meta: Any,
) -> Found:
    """Builds and runs a discrete search.

    Args:
        search: its config.
        scorer: config of what it maximises, or that itself.
        space: the space.
        seed: seed of everything it draws.
        log: file of the evaluations, from which a search that was interrupted goes on.
        settings: what makes the search what it is beside its configs and seed, as JSON can hold it.
        run: the trained search that scorers work on, whose alpha the search may look at.
        table: knows the true values, which the search does not see.
        budget: arguments of :class:`mmnas_mae.costs.Budget`, which what is found keeps within; None for no limit.
        meta: what else the genotype says of how it was found.

    Raises:
        ValueError: a setting is wrong, the table or ``run`` is of another space, ``log`` belongs to another search,
            or no member of the space keeps within the budget.
    """
    if run is not None and run.space.name != space.name:
        raise ValueError(f'space is {space.name}, but run.config searches {run.space.name}')
    if table is not None:
        table.check_space(space.name)
    with explained(Config(dict(search=dict(search)))):
        method = TASK_UTILS.build(dict(search))
    settings = dict(settings or {}, search=search, scorer=scorer, seed=seed)
    limit = None
    if budget:
        settings['budget'], limit = budget, Budget(**budget)
        limit = limit if run is None else limit.on(run.model.backbone)
        limit.check(space)
    evaluate = Evaluator(space, build_scorer(scorer, run), log, settings, limit)
    arch = None if run is None else run.model.arch
    best = method(space, evaluate, random.Random(seed), arch)
    score = best.score if math.isfinite(best.score) else None  # JSON knows no infinity
    meta = dict(seed=seed, **meta, score=score, selected_by=search['type'])
    if limit is not None:
        if not limit(best.genotype):
            raise ValueError(f'the search proposed nothing within the budget {dict(budget)}')
        meta['budget'] = limit.describe(best.genotype)
    found = best.genotype if run is None else found_on(best.genotype, run.model.backbone)
    return Found(evaluate, found.with_meta(**meta), table)
