"""The widest, or the deepest, network of an architecture within a budget."""

import warnings
from typing import Any, NamedTuple, Optional

from ..spaces import Genotype
from .budget import Budget

#: No setting of a skeleton is looked for above it.
_MOST = 4096
#: Values beside one that cannot be built which are tried in its place.
_NEAR = 16


class Fitted(NamedTuple):
    """A network that fits.

    Args:
        at: its size, as for :class:`mmnas_mae.costs.Budget`.
        cost: ``params`` and ``macs``.
    """

    at: dict[str, Any]
    cost: dict[str, float]


def fit(genotype: Genotype, budget: Budget, vary: str = 'init_channels') -> Fitted:
    """The largest value of one setting of the skeleton with which the network keeps within a budget.

    The papers reach their 600 M multiply-adds so, by hand. Values that the skeleton refuses, such as odd channels
    where a skip connection halves the resolution, are passed over.

    Args:
        genotype: the architecture.
        budget: the limits; its ``at`` says what is not varied.
        vary: a setting of the skeleton that is a whole number and grows with the cost: ``init_channels``, ``layers``,
            ``cells_per_stage``.

    Raises:
        ValueError: even the smallest network exceeds the budget, with its cost; the skeleton has no such setting; or
            the budget limits a latency, which a table knows at one size alone.

    Example:
        >>> fit(load_genotype('DARTS_V2'), Budget(macs=600e6, at=dict(layers=14, stem='imagenet'))).at['init_channels']
        50
    """

    def measured(value: int) -> Optional[Fitted]:
        at = {**budget.at, vary: value}
        try:
            # A stem may halve a single channel to none, of which torch warns.
            with warnings.catch_warnings():
                warnings.simplefilter('ignore')
                return Fitted(at, budget.cost_at(genotype, at))
        except ValueError as error:
            errors.append(error)
            return None

    def nearest(values: range) -> Optional[tuple[int, Fitted]]:
        """The first of some values that can be built."""
        return next(((value, found) for value in values if (found := measured(value)) is not None), None)

    if 'latency_ms' in budget.limits:
        raise ValueError('the size of a network is fitted to macs and params; budget.latency knows one size alone')
    errors: list[ValueError] = []
    smallest = nearest(range(1, _NEAR + 1))
    if smallest is None:
        raise ValueError(f'{vary} cannot be fitted: {errors[0]}')
    low, best = smallest
    if not budget.keeps(best.cost):
        raise ValueError(
            f'no network of this genotype keeps within the budget {budget.limits}: at {vary}={low} it has {best.cost}'
        )
    high = 2 * low
    while high <= _MOST and (found := nearest(range(high, high + _NEAR))) is not None and budget.keeps(found[1].cost):
        low, best = found
        high = 2 * low
    # Of what lies between, the lower half is left if the middle exceeds the budget, or nothing above it can be built.
    high = min(high, _MOST + 1)
    while high - low > 1:
        middle = (low + high) // 2
        found = nearest(range(middle, min(high, middle + _NEAR)))
        if found is not None and budget.keeps(found[1].cost):
            low, best = found
        else:
            high = middle
    return best
