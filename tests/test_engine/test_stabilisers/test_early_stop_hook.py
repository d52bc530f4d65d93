"""Early stopping and adaptive regularisation by the dominant eigenvalue."""

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmnas_mae.engine import EarlyStopHook, HessianHook, early_stop_epoch
from mmnas_mae.spaces import load_genotype

#: The smallest window: a trigger when a value is more than 1.3 times the one before.
QUICK = dict(window=1, start=0, delta=1)


def first_trigger(eigenvalues: list[float], **rule: Any) -> Any:
    """(epoch, stop epoch) of the first trigger when a value is measured every 2 epochs, or None."""
    for n in range(1, len(eigenvalues) + 1):
        stop = early_stop_epoch(eigenvalues[:n], 2 * (n - 1), **rule)
        if stop is not None:
            return 2 * (n - 1), stop
    return None


@pytest.mark.parametrize(
    'eigenvalues, expected',
    [
        ([0.2] * 25, None),
        # Doubled from epoch 16 on: the mean of five is 1.8 times that of four measurements ago at epoch 22, the first
        # epoch at which the rule may be asked.
        ([0.1] * 8 + [0.2] * 17, (22, 10)),
        # Doubled from epoch 30 on: means of 5 are 1.2 at epoch 30, 1.4 at epoch 32.
        ([0.1] * 15 + [0.2] * 10, (32, 20)),
        # Doubled before that and flat since: never.
        ([0.1] * 5 + [0.2] * 20, None),
        # A tenth more at each measurement: 1.1^4 = 1.4641 over four.
        ([1.1**n for n in range(25)], (22, 10)),
        # 1.06^4 = 1.2625 stays below the factor.
        ([1.06**n for n in range(25)], None),
    ],
)
def test_the_rule_stops_where_a_recorded_sequence_says(eigenvalues: list, expected: Any) -> None:
    assert first_trigger(eigenvalues) == expected


def test_the_rule_has_windows_of_three_at_the_start_and_needs_more_than_the_factor() -> None:
    # Means of 3, 4, 5, 5 and 5 values; the latest is compared with the one of three values.
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
    assert early_stop_epoch(values, 12, start=0, factor=2.49) == 0  # 5 / 2
    assert early_stop_epoch(values, 12, start=0, factor=2.5) is None
    assert early_stop_epoch(values, 12, start=1, factor=2.49) is None
    assert early_stop_epoch(values[:-1], 12, start=0, factor=0.0) is None  # no mean four measurements ago


def recorded(monkeypatch: pytest.MonkeyPatch, cfg: Config, values: dict[int, float], **hook: Any) -> Config:
    """A search whose eigenvalues are given: by epoch, and by the number of roll-backs where that matters."""
    monkeypatch.setattr(HessianHook, '_measure', lambda self, runner: values[runner.epoch])
    cfg = copy.deepcopy(cfg)
    cfg.model.backbone.space = 'darts_s2'
    cfg.model.backbone.relaxation = dict(type='mmnas_mae.GumbelRelaxation')
    cfg.train_dataloader.dataset.parts = [('weights', 0.001), ('arch', 0.001)]
    cfg.default_hooks.update(
        hessian=dict(type='mmnas_mae.HessianHook', interval=1),
        early_stop=dict(type='mmnas_mae.EarlyStopHook', **QUICK, **hook),
    )
    cfg.default_hooks.checkpoint.max_keep_ckpts = -1
    cfg.optim_wrapper.arch.optimizer.lr = 0.5  # so that genotypes differ from epoch to epoch
    cfg.train_cfg.update(max_epochs=5, val_interval=1)
    if hook['mode'] != 'stop':
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    return cfg


def history(work_dir: str) -> dict[int, dict]:
    lines = Path(work_dir, 'arch_history.jsonl').read_text().splitlines()
    assert [json.loads(line)['epoch'] for line in lines] == list(range(1, len(lines) + 1))
    return {json.loads(line)['epoch']: json.loads(line) for line in lines}


def test_a_stopped_search_leaves_the_recorded_genotype(
    search_cfg: Config, run_search: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    cfg = recorded(monkeypatch, search_cfg, {0: 1.0, 1: 1.1, 2: 1.2, 3: 2.0}, mode='stop')
    runner = run_search(cfg)
    assert runner.epoch == 4
    found = load_genotype(Path(cfg.work_dir, 'genotype.json'))
    assert found == load_genotype(Path(cfg.work_dir, 'genotype_early_stop.json'))
    assert found.meta['epoch'] == 3
    assert found.to_dict()['cells'] == history(cfg.work_dir)[3]['genotype']
    assert history(cfg.work_dir)[3]['genotype'] != history(cfg.work_dir)[4]['genotype']
    cfg.resume = True
    runner = run_search(cfg)
    assert runner.epoch == 4
    assert load_genotype(Path(cfg.work_dir, 'genotype.json')) == found


def test_a_simulated_stop_changes_nothing_but_records(
    search_cfg: Config, run_search: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {0: 1.0, 1: 2.0, 2: 4.0, 3: 4.0, 4: 4.0}
    runner = run_search(recorded(monkeypatch, search_cfg, values, mode='simulate'))
    assert runner.epoch == 5
    assert load_genotype(Path(runner.work_dir, 'genotype_early_stop.json')).meta['epoch'] == 1
    assert load_genotype(Path(runner.work_dir, 'genotype.json')).meta['epoch'] == 5


class Spy(Hook):
    """Keeps the epochs that were trained, weight decay, learning rate and the weights at their start."""

    def __init__(self) -> None:
        self.seen: list = []

    def before_train_epoch(self, runner: Runner) -> None:
        (group,) = runner.optim_wrapper['weights'].optimizer.param_groups
        self.seen.append((runner.epoch, group['weight_decay'], group['lr']))
        self.state = copy.deepcopy(runner.model.state_dict())
        self.states = [*getattr(self, 'states', []), self.state]


def test_adaptive_regularisation_goes_back_and_multiplies_the_weight_decay(
    search_cfg: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    cfg = recorded(monkeypatch, search_cfg, {0: 1.0, 1: 1.0, 2: 2.0, 3: 2.0, 4: 9.0}, mode='adapt')
    runner, spy = Runner.from_cfg(cfg), Spy()
    runner.register_hook(spy)
    runner.train()
    epochs, decays, rates = zip(*spy.seen)
    # The value of epoch 2 sends the search back to the end of epoch 1, twice; then the limit is reached.
    assert epochs == (0, 1, 2, 2, 2, 3, 4)
    assert decays == pytest.approx([3e-4, 3e-4, 3e-4, 3e-3, 3e-2, 3e-2, 3e-2])
    for a, b in ((2, 3), (2, 4)):
        assert rates[a] == rates[b]
        for name, value in spy.states[a].items():
            assert torch.equal(value, spy.states[b][name]), name
    assert rates[5] < rates[4]
    assert list(history(cfg.work_dir)) == [1, 2, 3, 4, 5]
    assert load_genotype(Path(cfg.work_dir, 'genotype_early_stop.json')).meta['epoch'] == 2
    checkpoint = torch.load(Path(cfg.work_dir, 'epoch_5.pth'), weights_only=False)
    assert checkpoint['early_stop']['triggers'] == [1, 1]
    assert checkpoint['eigenvalues'] == {0: 1.0, 1: 1.0, 2: 2.0, 3: 2.0, 4: 9.0}


class Multipliers(Hook):
    """Keeps the multiplier of a budget, and what it knows of the derivation, at both ends of each epoch."""

    priority = 'NORMAL'

    def __init__(self) -> None:
        self.starts: list = []
        self.ends: list = []

    def before_train_epoch(self, runner: Runner) -> None:
        self.starts.append((runner.epoch, runner.model.arch.limit.state_dict()))

    def after_train_epoch(self, runner: Runner) -> None:
        self.ends.append((runner.epoch, runner.model.arch.limit.state_dict()))


def test_the_multiplier_of_a_budget_goes_back_with_alpha(search_cfg: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it has grown by in the epochs that are trained again would draw on an alpha that knows nothing of it."""
    cfg = recorded(monkeypatch, search_cfg, {0: 1.0, 1: 1.0, 2: 2.0, 3: 2.0, 4: 9.0}, mode='adapt')
    at = dict(init_channels=2, layers=3, image_size=16)
    # Of 300 random cells the cheapest costs 1.14e5, so the multiplier moves.
    cfg.default_hooks.budget = dict(type='mmnas_mae.BudgetHook', macs=9e4, at=at, interval=1)
    cfg.default_hooks.bilevel.warmup_epochs = 0
    runner, spy = Runner.from_cfg(cfg), Multipliers()
    runner.register_hook(spy)
    runner.train()
    assert [epoch for epoch, _ in spy.starts] == [0, 1, 2, 2, 2, 3, 4]
    # Both roll-backs lead to the end of epoch 1.
    _, expected = spy.ends[1]
    assert expected['multipliers']['macs'] > 0
    for (_, begun), (_, ended) in zip(spy.starts[2:5], spy.ends[2:5]):
        assert begun == expected
        assert ended['multipliers'] != expected['multipliers']
    saved = torch.load(Path(cfg.work_dir, 'epoch_2.pth'), weights_only=False)
    assert saved['budget'] == expected


@pytest.mark.parametrize(
    'start, multiplier, limit, decays',
    [
        # The published ones, for S1 to S3 and for S4.
        (3e-4, 10.0, 0.03, [3e-4, 3e-3, 3e-2]),
        (3e-4, 10.0, 0.3, [3e-4, 3e-3, 3e-2, 3e-1]),
        # A multiplier that does not hit the limit passes it once.
        (3e-4, 2.0, 0.001, [3e-4, 6e-4, 1.2e-3]),
        # At and above 1, where a logarithm changes its sign.
        (0.5, 2.0, 1.0, [0.5, 1.0]),
        (1.0, 10.0, 30.0, [1.0, 10.0, 100.0]),
        (0.03, 10.0, 0.03, [0.03]),
        (0.0, 10.0, 0.03, [0.0]),
    ],
)
def test_the_weight_decay_is_multiplied_up_to_its_limit(
    start: float, multiplier: float, limit: float, decays: list
) -> None:
    hook = EarlyStopHook(mode='adapt', multiplier=multiplier, max_weight_decay=limit)
    group = dict(weight_decay=start)
    runner: Any = SimpleNamespace(
        optim_wrapper=dict(weights=SimpleNamespace(optimizer=SimpleNamespace(param_groups=[group])))
    )
    seen = [start]
    while not hook._done(runner):
        group['weight_decay'] *= multiplier
        seen.append(group['weight_decay'])
    assert seen == pytest.approx(decays)


class Interrupt(Hook):
    def __init__(self, at: int) -> None:
        self.at, self.iterations = at, 0

    def after_train_iter(self, runner: Runner, *args: Any, **kwargs: Any) -> None:
        self.iterations += 1
        if self.iterations == self.at:
            raise KeyboardInterrupt


def test_adaptive_search_resumes_bit_for_bit(
    search_cfg: Config, run_search: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Interrupted in the first epoch after the first roll-back."""
    whole = recorded(monkeypatch, search_cfg, {0: 1.0, 1: 1.0, 2: 2.0, 3: 2.0, 4: 9.0}, mode='adapt')
    broken = copy.deepcopy(whole)
    broken.work_dir += '_interrupted'
    steps = len(run_search(whole).train_dataloader)
    runner = Runner.from_cfg(copy.deepcopy(broken))
    runner.register_hook(Interrupt(at=3 * steps + 1))
    with pytest.raises(KeyboardInterrupt):
        runner.train()
    torch.manual_seed(99)
    broken.resume = True
    run_search(broken)
    states = [torch.load(Path(cfg.work_dir, 'epoch_5.pth'), weights_only=False) for cfg in (whole, broken)]
    for name, value in states[0]['state_dict'].items():
        assert torch.equal(value, states[1]['state_dict'][name]), name
    for name in ('early_stop', 'eigenvalues'):
        assert states[0][name] == states[1][name]
    assert history(whole.work_dir) == history(broken.work_dir)


def test_settings_that_do_not_go_together_are_named(
    search_cfg: Config, run_search: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    cfg = recorded(monkeypatch, search_cfg, {}, mode='adapt')
    cfg.default_hooks.checkpoint.max_keep_ckpts = 2
    with pytest.raises(ValueError, match='default_hooks.checkpoint.max_keep_ckpts=-1'):
        run_search(cfg)
    cfg.default_hooks.pop('hessian')
    cfg.work_dir += '_2'
    with pytest.raises(TypeError, match='add mmnas_mae.HessianHook to default_hooks'):
        run_search(cfg)
    with pytest.raises(ValueError, match=r"EarlyStopHook.mode must be one of \('stop', 'simulate', 'adapt'\), got 'x'"):
        EarlyStopHook(mode='x')
    with pytest.raises(ValueError, match='EarlyStopHook.multiplier must be above 1, got 1.0'):
        EarlyStopHook(multiplier=1.0)
    with pytest.raises(ValueError, match='EarlyStopHook.max_weight_decay must be above 0, got 0.0'):
        EarlyStopHook(max_weight_decay=0.0)
