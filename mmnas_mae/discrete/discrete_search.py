"""What every discrete search offers."""

import random
from abc import ABC, abstractmethod
from typing import Optional

from ..models import BaseArchitecture
from ..spaces import SearchSpace
from .evaluation import Evaluation, Evaluator


class DiscreteSearch(ABC):
    """A search over single architectures; an entry of ``TASK_UTILS``, built from its config."""

    @abstractmethod
    def __call__(
        self,
        space: SearchSpace,
        evaluate: Evaluator,
        generator: random.Random,
        arch: Optional[BaseArchitecture] = None,
    ) -> Evaluation:
        """Proposes members of a space, has each scored by ``evaluate``, and chooses one.

        With the same ``generator`` and scores it proposes the same: a search is resumed by
        running it again.

        Args:
            space: the space to search.
            evaluate: gives the score of a genotype, the higher the better, and counts;
                ``evaluate.best`` is the best so far, ``evaluate.admits`` says what is within the limit, and
                ``evaluate.drawn`` is a random member that is.
            generator: source of all draws.
            arch: architecture parameters of a trained search; None where there is none.

        Returns:
            Evaluation: the chosen one, as a rule ``evaluate.best``.

        Raises:
            ValueError: the search needs what it is not given, such as ``arch``.
        """
