"""Regularised evolution (REA)."""

import random
from collections import deque
from functools import partial
from typing import Optional

from ..models import BaseArchitecture
from ..registry import TASK_UTILS
from ..spaces import Genotype, SearchSpace
from .discrete_search import DiscreteSearch
from .evaluation import Evaluation, Evaluator


@TASK_UTILS.register_module()
class RegularizedEvolution(DiscreteSearch):
    """Aging evolution of Real et al. 2019, by default as in NAS-Bench-201.

    Each cycle mutates the best of a few random members and lets the oldest member die,
    however good it is (D-X-Y/AutoDL-Projects: exps/NAS-Bench-201-algos/R_EA.py). A mutant beyond the limit is drawn
    again; where no mutant is within it, a random member is.

    Args:
        population: number of members.
        sample: members that compete to be the parent, drawn with replacement.
        cycles: evaluations in all, those of the first population among them.

    Raises:
        ValueError: a number is too small.
    """

    def __init__(self, population: int = 10, sample: int = 3, cycles: int = 200) -> None:
        for name, value, low in (('population', population, 1), ('sample', sample, 1), ('cycles', cycles, population)):
            if value < low:
                raise ValueError(f'RegularizedEvolution.{name} must be at least {low}, got {value}')
        self.population = population
        self.sample = sample
        self.cycles = cycles

    def __call__(
        self,
        space: SearchSpace,
        evaluate: Evaluator,
        generator: random.Random,
        arch: Optional[BaseArchitecture] = None,
    ) -> Evaluation:
        """As :class:`DiscreteSearch`."""
        members: deque[tuple[float, Genotype]] = deque()
        for _ in range(self.cycles):
            if len(members) < self.population:
                child = evaluate.drawn(generator)
            else:
                _, parent = max(generator.choices(members, k=self.sample), key=lambda member: member[0])
                child = evaluate.admitted(partial(space.mutate, parent, generator)) or evaluate.drawn(generator)
                members.popleft()
            members.append((evaluate(child), child))
        return evaluate.best
