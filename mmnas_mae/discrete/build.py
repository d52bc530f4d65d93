"""From configs to a discrete search."""

import random
from typing import Any, Mapping, Optional, Union

from ..registry import TASK_UTILS
from ..spaces import SearchSpace
from .evaluation import Evaluation, Evaluator, Scorer
from .search_run import SearchRun


def build_scorer(scorer: Union[Mapping[str, Any], Scorer], run: Optional[SearchRun] = None) -> Scorer:
    """A scorer from its config, or as it is.

    Args:
        scorer: such as ``dict(type='mmnas_mae.TableScorer', ...)``.
        run: the search that a scorer with ``needs_run`` works on.

    Raises:
        ValueError: the scorer needs a search, or its weights, and there are none, or there is no such scorer, or it
            is no :class:`Scorer`.
    """
    if not isinstance(scorer, Mapping):
        return scorer
    cls = TASK_UTILS.get(scorer['type'])
    if cls is None:
        known = ', '.join(sorted(name for name in TASK_UTILS.module_dict if name.endswith('Scorer')))
        raise ValueError(f'there is no scorer {scorer["type"]!r}; there are: {known}')
    if not (isinstance(cls, type) and issubclass(cls, Scorer)):
        raise ValueError(f'{scorer["type"]} is no mmnas_mae.discrete.Scorer')
    if cls.needs_run:
        if run is None:
            raise ValueError(f'{scorer["type"]} works on a trained search; set run to its config and checkpoint')
        if cls.needs_weights and not run.trained:
            raise ValueError(f'{scorer["type"]} scores with trained weights; set run.checkpoint, or give --checkpoint')
        return TASK_UTILS.build(dict(scorer), default_args=dict(run=run))
    return TASK_UTILS.build(dict(scorer))


def run_discrete_search(
    search: Mapping[str, Any],
    space: SearchSpace,
    evaluate: Evaluator,
    seed: int,
    run: Optional[SearchRun] = None,
) -> Evaluation:
    """Builds and runs a discrete search.

    Args:
        search: its config.
        space: the space.
        evaluate: scores and counts.
        seed: seed of everything it draws.
        run: the trained search whose alpha it may look at.

    Returns:
        Evaluation: the best.
    """
    arch = None if run is None else run.model.arch
    return TASK_UTILS.build(dict(search))(space, evaluate, random.Random(seed), arch)
