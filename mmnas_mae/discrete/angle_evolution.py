"""The evolutionary search of RLNAS."""

import random
from typing import Callable, Optional, Sequence

from ..models import BaseArchitecture
from ..registry import TASK_UTILS
from ..spaces import Genotype, SearchSpace
from ..spaces.variation import mutate
from .discrete_search import DiscreteSearch
from .evaluation import Evaluation, Evaluator


@TASK_UTILS.register_module()
class AngleEvolution(DiscreteSearch):
    """Evolution among the best of all generations, within a limit (megvii-model/RLNAS: evolution_search/search.py).

    Each generation consists of mutants and crossings of the best so far, filled up with
    random draws; no architecture is evaluated twice and none beyond the limit. It takes
    any scorer; RLNAS scores by the angle (:class:`mmnas_mae.AngleScorer`). In NAS-Bench-201
    RLNAS has population 100, top 30, mutation 50, crossover 50 and no limit.

    Args:
        population: members of a generation.
        top: how many of the best are parents.
        mutation, crossover: how many members of a generation are made so.
        generations: number of generations, the first, which is random, among them.
        mutation_rate: probability with which each choice of a mutant changes.
        mutated: cell types that mutants differ in; None for all. Those of the published search in the DARTS
            space change their normal cell alone (``range(config.edges)`` of twice as many).

    Raises:
        ValueError: a number is out of range.
    """

    #: Draws for each wanted member, after which a generation goes on with what it has.
    patience = 100

    def __init__(
        self,
        population: int = 50,
        top: int = 10,
        mutation: int = 25,
        crossover: int = 25,
        generations: int = 20,
        mutation_rate: float = 0.1,
        mutated: Optional[Sequence[str]] = None,
    ) -> None:
        for name, value in dict(population=population, top=top, generations=generations).items():
            if value < 1:
                raise ValueError(f'AngleEvolution.{name} must be at least 1, got {value}')
        if min(mutation, crossover) < 0 or mutation + crossover > population:
            raise ValueError(
                f'AngleEvolution.mutation and crossover must not be negative nor exceed the population of {population} '
                f'together, got {mutation} and {crossover}'
            )
        if not 0 <= mutation_rate <= 1:
            raise ValueError(f'AngleEvolution.mutation_rate must lie in [0, 1], got {mutation_rate}')
        self.population = population
        self.top = top
        self.mutation = mutation
        self.crossover = crossover
        self.generations = generations
        self.mutation_rate = mutation_rate
        self.mutated = mutated

    def __call__(
        self,
        space: SearchSpace,
        evaluate: Evaluator,
        generator: random.Random,
        arch: Optional[BaseArchitecture] = None,
    ) -> Evaluation:
        """As :class:`DiscreteSearch`.

        Raises:
            ValueError: no architecture within the limit was found.
        """
        seen: set[str] = set()
        parents: list[tuple[float, Genotype]] = []

        def draw_new(count: int, propose: Callable[[], Optional[Genotype]]) -> list[Genotype]:
            new = []
            for _ in range(count * self.patience):
                if len(new) == count:
                    break
                child = propose()
                text = '' if child is None else space.format(child)
                if text and text not in seen:
                    seen.add(text)
                    if evaluate.admits(child):
                        new.append(child)
            return new

        def parent() -> Genotype:
            return generator.choice(parents)[1]

        for number in range(self.generations):
            members = []
            if number:
                members += draw_new(
                    self.mutation, lambda: mutate(space, parent(), generator, self.mutation_rate, self.mutated)
                )
                members += draw_new(self.crossover, lambda: space.crossover(parent(), parent(), generator))
            members += draw_new(self.population - len(members), lambda: space.random_genotype(generator))
            if not members and not number:
                members = [evaluate.drawn(generator)]
            if not members:  # the space is exhausted
                break
            parents += [(evaluate(member), member) for member in members]
            parents = sorted(parents, key=lambda scored: -scored[0])[: self.top]
        return evaluate.best
