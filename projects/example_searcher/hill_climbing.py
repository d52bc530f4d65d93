"""A discrete search of your own: always the best neighbour."""

import random
from typing import Optional

from mmnas_mae.discrete import DiscreteSearch, Evaluation, Evaluator
from mmnas_mae.models import BaseArchitecture
from mmnas_mae.registry import TASK_UTILS
from mmnas_mae.spaces import SearchSpace


@TASK_UTILS.register_module()
class HillClimbing(DiscreteSearch):
    """Moves to the best neighbour until none is better, then starts again elsewhere.

    Args:
        starts: how often it starts from a random member.
    """

    def __init__(self, starts: int = 2) -> None:
        self.starts = starts

    def __call__(
        self,
        space: SearchSpace,
        evaluate: Evaluator,
        generator: random.Random,
        arch: Optional[BaseArchitecture] = None,
    ) -> Evaluation:
        """As the base class says; ``arch`` is not looked at."""
        for _ in range(self.starts):
            here = space.random_genotype(generator)
            best = evaluate(here)
            while True:
                near = space.neighbours(here)
                score, place = max((evaluate(member), -i) for i, member in enumerate(near))
                if score <= best:
                    break
                here, best = near[-place], score
        return evaluate.best
