"""Random search."""

import random
from typing import Any

from ..registry import TASK_UTILS
from ..spaces import SearchSpace
from .evaluation import Evaluation, Evaluator


@TASK_UTILS.register_module()
class RandomSearch:
    """Scores independent draws of the space and keeps the best.

    With inherited weights this is the selection of RSPS, which draws 100
    (D-X-Y/AutoDL-Projects: configs/nas-benchmark/algos/RANDOM.config).

    Args:
        budget: number of draws.

    Raises:
        ValueError: ``budget`` is below 1.
    """

    def __init__(self, budget: int = 100) -> None:
        if budget < 1:
            raise ValueError(f'RandomSearch.budget must be at least 1, got {budget}')
        self.budget = budget

    def __call__(
        self, space: SearchSpace, evaluate: Evaluator, generator: random.Random, arch: Any = None
    ) -> Evaluation:
        """
        Args:
            space: the space to draw from.
            evaluate: scores a genotype and counts.
            generator: source of all draws.
            arch: architecture parameters of a trained search; not looked at.

        Returns:
            Evaluation: the best.
        """
        for _ in range(self.budget):
            evaluate(space.random_genotype(generator))
        return evaluate.best
