"""Random search."""

import random
from itertools import islice
from typing import Optional

from ..models import BaseArchitecture
from ..registry import TASK_UTILS
from ..spaces import SearchSpace
from ..utils.ranges import COUNT
from .discrete_search import DiscreteSearch
from .evaluation import Evaluation, Evaluator

#: Members of a space that are all scored.
_MOST = 10**6


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
        if budget is not None:
            COUNT.check('RandomSearch.budget', budget)
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
            ValueError: there is no budget, and the space cannot list its members or has too many.
        """
        if self.budget is None:
            members = list(islice(filter(evaluate.admits, space.enumerate()), _MOST + 1))
            if len(members) > _MOST:
                raise ValueError(f'RandomSearch.budget=None scores every member, and {space.name} has over {_MOST}')
            for member in generator.sample(members, len(members)):
                evaluate(member)
            return evaluate.best
        for _ in range(self.budget):
            evaluate(evaluate.drawn(generator))
        return evaluate.best
