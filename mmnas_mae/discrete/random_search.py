"""Random search."""

import random
from typing import Optional

from ..models import BaseArchitecture
from ..registry import TASK_UTILS
from ..spaces import SearchSpace
from .discrete_search import DiscreteSearch
from .evaluation import Evaluation, Evaluator


@TASK_UTILS.register_module()
class RandomSearch(DiscreteSearch):
    """Scores independent draws of the space and keeps the best.

    With inherited weights this is the selection of RSPS, which draws 100
    (D-X-Y/AutoDL-Projects: scripts-search/NAS-Bench-201-algos/RANDOM-NAS.sh).

    Args:
        budget: number of draws; None scores every member of the space once, in random order.

    Raises:
        ValueError: ``budget`` is below 1.
    """

    def __init__(self, budget: Optional[int] = 100) -> None:
        if budget is not None and budget < 1:
            raise ValueError(f'RandomSearch.budget must be at least 1, got {budget}')
        self.budget = budget

    def __call__(
        self,
        space: SearchSpace,
        evaluate: Evaluator,
        generator: random.Random,
        arch: Optional[BaseArchitecture] = None,
    ) -> Evaluation:
        """As :class:`DiscreteSearch`; ``arch`` is not looked at.

        Raises:
            ValueError: there is no budget, and the space cannot list its members.
        """
        if self.budget is None:
            members = list(filter(evaluate.admits, space.enumerate()))
            for member in generator.sample(members, len(members)):
                evaluate(member)
            return evaluate.best
        for _ in range(self.budget):
            evaluate(evaluate.drawn(generator))
        return evaluate.best
