"""A search by gradient under a budget."""

from typing import Any, Mapping, Optional

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...costs import Budget
from ...costs.budget import cost_words
from ...costs.search_budget import SearchBudget
from ...models import SearchModel
from ...registry import HOOKS
from ...utils.unwrap import unwrap
from ..bilevel_hook import bilevel_of


@HOOKS.register_module()
class BudgetHook(Hook):
    """Keeps a search within limits on the cost of the network that it derives.

    The derived architecture is the strongest within the limits, and a Lagrange multiplier for each of them draws alpha
    there: every ``interval`` iterations it moves by the share that what would be derived without limits exceeds its
    limit by, ``rate`` times that share in an epoch. So it grows as long as the limit binds the derivation, and falls
    where there is room (:class:`mmnas_mae.costs.search_budget.SearchBudget`). It is part of the checkpoint.

    Scalars of each epoch, for each limited metric: ``budget/macs``, the cost of the derived network;
    ``budget/free_macs``, that of the network that would be derived without limits; ``budget/expected_macs``;
    ``budget/macs_multiplier``.

    Args:
        rate: of the multipliers.
        interval: iterations from one step of the multipliers to the next.
        budget: of :class:`mmnas_mae.costs.Budget`, such as ``macs=600e6, at=dict(image_size=224)``.

    Raises:
        ValueError: a number is not positive, or as :class:`mmnas_mae.costs.Budget`.
    """

    # Before GenotypeHook, whose line it explains.
    priority = 'NORMAL'

    def __init__(self, rate: float = 1.0, interval: int = 10, **budget: Any) -> None:
        for name, value in dict(rate=rate, interval=interval).items():
            if value <= 0:
                raise ValueError(f'BudgetHook.{name} must be positive, got {value}')
        self.rate = rate
        self.interval = interval
        self.budget = Budget(**budget)
        self._limit: Optional[SearchBudget] = None
        self._state: dict[str, Any] = {}
        self._resting = 0

    def constrain(self, model: SearchModel) -> SearchBudget:
        """Sets the limit of the architecture of a model, which derives within it from now on.

        Raises:
            TypeError, ValueError: as :class:`mmnas_mae.costs.search_budget.SearchBudget`.
        """
        model.arch.limit = SearchBudget(self.budget, model)
        return model.arch.limit

    def before_train(self, runner: Runner) -> None:
        """Sets the limit, with the multipliers of a resumed search.

        Raises:
            TypeError, ValueError: as :meth:`constrain`.
        """
        self._limit = self.constrain(unwrap(runner.model))
        self._limit.load_state_dict(self._state)
        bilevel = bilevel_of(runner)
        self._resting = 0 if bilevel is None else bilevel.resting(runner.max_epochs)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Moves the multipliers, except while alpha stands still."""
        if runner.epoch >= self._resting and self.every_n_train_iters(runner, self.interval):
            share = min(1.0, self.interval / len(runner.train_dataloader))
            self._limit.adapt(unwrap(runner.model).arch.free_genotype(), self.rate * share)

    def after_train_epoch(self, runner: Runner) -> None:
        """Logs what the architecture costs."""
        arch, limit = unwrap(runner.model).arch, self._limit
        derived, free = (limit.edge_costs.cost(genotype) for genotype in (arch.genotype(), arch.free_genotype()))
        expected = limit.expect(arch)
        scalars = {}
        for metric in limit.limits:
            scalars[f'budget/{metric}'] = derived[metric]
            scalars[f'budget/free_{metric}'] = free[metric]
            scalars[f'budget/expected_{metric}'] = expected[metric]
            scalars[f'budget/{metric}_multiplier'] = limit.multipliers[metric]
        runner.visualizer.add_scalars(scalars, step=runner.epoch + 1)
        runner.logger.info(
            f'epoch {runner.epoch + 1}: derived {cost_words(derived)}; without the limit of '
            f'{cost_words(limit.limits)}: {cost_words(free)}'
        )

    def roll_back(self, checkpoint: Mapping[str, Any]) -> None:
        """Takes the multipliers back to a checkpoint of this run, as alpha is that they draw on."""
        self._limit.load_state_dict(checkpoint.get('budget', {}))

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Saves the multipliers."""
        if self._limit is not None:
            checkpoint['budget'] = self._limit.state_dict()

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Takes them up; the limit is set later, in :meth:`before_train`."""
        if runner._resume:
            self._state = dict(checkpoint.get('budget', {}))
