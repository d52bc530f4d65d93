"""A searcher and a scorer of an outside project."""

import random
from typing import Any, Optional

import pytest

from mmnas_mae.discrete import DiscreteSearch, Evaluation, Evaluator, Scorer, build_scorer, run_discrete_search
from mmnas_mae.models import BaseArchitecture
from mmnas_mae.registry import TASK_UTILS
from mmnas_mae.spaces import Genotype, SearchSpace, get_space


@TASK_UTILS.register_module()
class LocalSearch(DiscreteSearch):
    """Moves to the best neighbour until none is better."""

    def __call__(
        self,
        space: SearchSpace,
        evaluate: Evaluator,
        generator: random.Random,
        arch: Optional[BaseArchitecture] = None,
    ) -> Evaluation:
        place = space.random_genotype(generator)
        score = evaluate(place)
        while True:
            near = space.neighbours(place)
            scores = evaluate.batch(near)
            if max(scores) <= score:
                return evaluate.best
            score, place = max(scores), near[scores.index(max(scores))]


@TASK_UTILS.register_module()
class ConvolutionScorer(Scorer):
    """Counts 3x3 convolutions."""

    def __call__(self, genotype: Genotype) -> float:
        return sum(cell.count('nor_conv_3x3') for cell in genotype.cells.values())


@TASK_UTILS.register_module()
class NoScorer:
    """Has no ``needs_run`` to say what it is built with."""

    def __init__(self, **kwargs: Any) -> None:
        self.kwargs = kwargs


@pytest.mark.parametrize('name', ['nasbench201', 'transnas101_micro'])
def test_a_search_and_a_scorer_from_outside_run_from_a_config(name: str) -> None:
    space = get_space(name)
    found = run_discrete_search(dict(type='LocalSearch'), dict(type='ConvolutionScorer'), space, seed=0)
    assert found.genotype.meta['score'] == 6
    history = found.evaluate.history
    missing = 6 - history[0].score
    # One neighbourhood for each convolution that was missing, and the last, in which nothing is better.
    assert len(history) == 1 + (missing + 1) * len(space.neighbours(found.genotype))


def test_what_is_no_scorer_is_refused() -> None:
    with pytest.raises(ValueError, match='NoScorer is no mmnas_mae.discrete.Scorer'):
        build_scorer(dict(type='NoScorer'))
