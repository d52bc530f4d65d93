"""Random search."""

import random
from typing import Optional

from ..models import BaseArchitecture
from ..registry import TASK_UTILS
from ..spaces import SearchSpace
from ..utils.ranges import COUNT
from .discrete_search import DiscreteSearch
from .evaluation import Evaluation, Evaluator


@TASK_UTILS.register_module()
class RandomSearch(DiscreteSearch):
    """Scores independent draws of the space and keeps the best.

    With inherited weights this is the selection of RSPS, which draws 100
    (D-X-Y/AutoDL-Projects: scripts-search/NAS-Bench-201-algos/RANDOM-NAS.sh).

    Args:
        budget: number of draws.

    Raises:
        ValueError: ``budget`` is below 1.
    """

    def __init__(self, budget: int = 100) -> None:
        COUNT.check('RandomSearch.budget', budget)
        self.budget = budget

    def __call__(
        self,
        space: SearchSpace,
        evaluate: Evaluator,
        generator: random.Random,
        arch: Optional[BaseArchitecture] = None,
    ) -> Evaluation:
        """As :class:`DiscreteSearch`; ``arch`` is not looked at."""
        for _ in range(self.budget):
            evaluate(space.random_genotype(generator))
        return evaluate.best
