"""Searches by gradient that end within their budget."""

import copy
import json
import re
from pathlib import Path
from typing import Callable

import pytest
from mmengine.config import Config
from mmengine.hooks import Hook

from mmnas_mae.costs import Budget
from mmnas_mae.engine import BudgetHook
from mmnas_mae.spaces import load_genotype

AT = dict(init_channels=4, layers=5, image_size=32)


class Interrupt(Hook):
    """Ends the run in the middle of its second epoch, as a kill would."""

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None) -> None:
        if (runner.epoch, batch_idx) == (1, 1):
            raise KeyboardInterrupt


@pytest.fixture
def budgeted(search_cfg: Config) -> Config:
    """A search under a limit that most cells of S0 exceed, whose multiplier moves in every iteration."""
    search_cfg.default_hooks.budget = dict(type='mmnas_mae.BudgetHook', macs=1.4e6, at=AT, rate=5.0, interval=1)
    search_cfg.default_hooks.bilevel.warmup_epochs = 0
    search_cfg.optim_wrapper.arch.optimizer.lr = 0.1
    search_cfg.train_cfg.max_epochs = 3
    return search_cfg


def logged(work_dir: str) -> list[dict]:
    lines = [line for path in sorted(Path(work_dir).glob('*/vis_data/scalars.json')) for line in path.open()]
    return [record for record in map(json.loads, lines) if 'budget/macs' in record]


def test_a_search_ends_within_its_budget_and_says_what_it_costs(budgeted: Config, run_search: Callable) -> None:
    runner = run_search(budgeted)
    arch, found = runner.model.arch, load_genotype(Path(runner.work_dir, 'genotype.json'))
    budget = Budget(macs=1.4e6, at=AT)
    assert budget(found)
    assert found == runner.model.genotype()
    assert found.meta['budget'] == dict(limits=dict(macs=1.4e6), at=AT, cost=budget.cost(found))
    epochs = logged(runner.work_dir)
    assert [record['step'] for record in epochs] == [1, 2, 3]
    assert epochs[-1]['budget/macs'] == budget.cost(found)['macs']
    assert epochs[-1]['budget/free_macs'] == budget.cost(arch.free_genotype())['macs']
    assert epochs[-1]['budget/expected_macs'] == pytest.approx(arch.limit.expect(arch)['macs'])
    multipliers = [record['budget/macs_multiplier'] for record in epochs]
    assert max(multipliers) > 0
    assert multipliers[-1] == arch.limit.multipliers['macs']
    # The penalty draws alpha.
    budgeted.default_hooks.budget.rate = 1e-9
    budgeted.work_dir += '_free'
    free = run_search(budgeted).model.arch
    assert arch.limit.expect(arch)['macs'] < 0.9 * free.limit.expect(free)['macs']


def test_a_resumed_search_has_the_multipliers_of_one_that_was_not_interrupted(
    budgeted: Config, run_search: Callable
) -> None:
    broken = copy.deepcopy(budgeted)
    broken.work_dir += '_broken'
    whole = run_search(budgeted).model.arch
    interrupted = copy.deepcopy(broken)
    interrupted.custom_hooks = [*(broken.get('custom_hooks') or []), dict(type=Interrupt)]
    with pytest.raises(KeyboardInterrupt):
        run_search(interrupted)
    broken.resume = True
    resumed = run_search(broken).model.arch
    assert resumed.limit.state_dict() == whole.limit.state_dict()
    assert max(record['budget/macs_multiplier'] for record in logged(broken.work_dir)) > 0
    for name, parameter in whole.alpha().items():
        assert parameter.equal(resumed.alpha()[name])


@pytest.mark.parametrize('warmup', [2, 0.67])
def test_while_the_weights_are_warmed_up_the_multiplier_waits(
    warmup: float, budgeted: Config, run_search: Callable
) -> None:
    budgeted.default_hooks.bilevel.warmup_epochs = warmup
    multipliers = [record['budget/macs_multiplier'] for record in logged(run_search(budgeted).work_dir)]
    assert multipliers[:2] == [0, 0]
    assert multipliers[2] > 0


def test_a_limit_that_nothing_meets_ends_the_run_before_it_begins(budgeted: Config, run_search: Callable) -> None:
    budgeted.default_hooks.budget.macs = 1000
    with pytest.raises(ValueError, match=r'no member of space darts_s0 keeps within macs=1000; .*possible: macs=\d+$'):
        run_search(budgeted)


@pytest.mark.parametrize(
    'setting, reason',
    [
        (dict(rate=0), 'BudgetHook.rate must be positive, got 0'),
        (dict(interval=0), 'BudgetHook.interval must be positive, got 0'),
        (dict(macs=-1), 'budget.macs must be positive, got -1'),
    ],
)
def test_wrong_settings_are_named(setting: dict, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        BudgetHook(**{'macs': 1e6, **setting})
