"""Settings that change from epoch to epoch."""

from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook

from mmnas_mae.engine import AuxiliarySkipHook, DropPathHook, SkipDropoutHook, TemperatureHook
from mmnas_mae.models import AuxiliarySkipMixedOp, BaseNetwork, DARTSSupernet, SkipDropoutMixedOp


def fake_runner(max_epochs: int, **backbone) -> SimpleNamespace:
    net = DARTSSupernet('s1', init_channels=2, layers=3, **backbone)
    model = torch.nn.Module()
    model.backbone, model.arch = net, net.arch
    return SimpleNamespace(model=model, epoch=0, max_epochs=max_epochs)


def over_epochs(hook: Hook, runner: SimpleNamespace, read) -> list[float]:
    values = []
    for epoch in range(runner.max_epochs):
        runner.epoch = epoch
        hook.before_train_epoch(runner)
        values.append(read())
        hook.after_train_epoch(runner)
    return values


@pytest.mark.parametrize('reach_end, expected', [(False, [0.0, 0.05, 0.1, 0.15]), (True, [0.0, 1 / 15, 2 / 15, 0.2])])
def test_drop_path_rises_to_or_towards_its_end(reach_end: bool, expected: list) -> None:
    runner = fake_runner(4)
    hook = DropPathHook(0.2, reach_end)
    assert over_epochs(hook, runner, lambda: runner.model.backbone.drop_path_prob) == pytest.approx(expected)


def test_drop_path_of_snas_stays_where_it_starts() -> None:
    runner = fake_runner(3)
    hook = DropPathHook(0.3, start=0.3)
    assert over_epochs(hook, runner, lambda: runner.model.backbone.drop_path_prob) == pytest.approx([0.3] * 3)
    hook = DropPathHook(0.4, start=0.1)
    assert over_epochs(hook, runner, lambda: runner.model.backbone.drop_path_prob) == pytest.approx([0.1, 0.2, 0.3])


def test_drop_path_acts_on_any_network_that_declares_it() -> None:
    model = torch.nn.Module()
    model.own, model.other = BaseNetwork(), BaseNetwork()
    model.own.drop_path_prob = 0.0
    DropPathHook(0.2, reach_end=True).before_train_epoch(SimpleNamespace(model=model, epoch=3, max_epochs=4))
    assert model.own.drop_path_prob == pytest.approx(0.2)
    assert model.other.drop_path_prob is None
    with pytest.raises(TypeError, match='DropPathHook needs .*BaseNetwork whose drop_path_prob .* got BaseNetwork'):
        DropPathHook(0.2).before_train_epoch(SimpleNamespace(model=model.other, epoch=0, max_epochs=4))


def test_temperature_falls_linearly_from_start_to_end() -> None:
    runner = fake_runner(5, relaxation=dict(type='mmnas_mae.GumbelRelaxation'))
    values = over_epochs(TemperatureHook(10.0, 0.1), runner, lambda: float(runner.model.arch.relaxation.tau))
    assert values == pytest.approx([10.0, 7.525, 5.05, 2.575, 0.1])
    assert 'relaxation.tau' in runner.model.arch.state_dict()


def test_auxiliary_skip_ends_at_zero() -> None:
    runner = fake_runner(50, connection=dict(type='mmnas_mae.AuxiliarySkipMixedOp'))
    edges = [module for module in runner.model.modules() if isinstance(module, AuxiliarySkipMixedOp)]
    values = over_epochs(AuxiliarySkipHook(base=2.0), runner, lambda: float(edges[7].beta))
    assert values == pytest.approx([2.0 * (50 - epoch) / 50 for epoch in range(50)])
    assert {float(edge.beta) for edge in edges} == {0.0}


def test_skip_dropout_decays_as_published() -> None:
    runner = fake_runner(25, connection=dict(type='mmnas_mae.SkipDropoutMixedOp'))
    edge = next(module for module in runner.model.modules() if isinstance(module, SkipDropoutMixedOp))
    values = over_epochs(SkipDropoutHook(0.4), runner, lambda: edge.dropout)
    assert values[:3] == pytest.approx([0.4 * 24 / 25, 0.4 * 23 / 25, 0.4 * 22 / 25])
    assert values[9:12] == pytest.approx([0.4 * 15 / 25, 0.4, 0.4 * 0.8187308])
    assert values[24] == pytest.approx(0.4 * 0.0608101)


@pytest.mark.parametrize(
    'hook, message',
    [
        (TemperatureHook(), 'TemperatureHook needs a relaxation with a temperature, .* got SoftmaxRelaxation'),
        (AuxiliarySkipHook(), 'AuxiliarySkipHook needs model.backbone.connection'),
        (SkipDropoutHook(0.1), 'SkipDropoutHook needs model.backbone.connection'),
    ],
)
def test_a_model_without_the_part_is_refused(hook: Hook, message: str) -> None:
    with pytest.raises(TypeError, match=message):
        hook.before_train_epoch(fake_runner(2))


@pytest.mark.parametrize(
    'hook, settings, message',
    [
        (DropPathHook, dict(prob=1.0), r'DropPathHook.prob must lie in \[0, 1\), got 1.0'),
        (DropPathHook, dict(prob=0.1, start=-1), r'DropPathHook.start must lie in \[0, 1\), got -1'),
        (SkipDropoutHook, dict(prob=-0.1), r'SkipDropoutHook.prob must lie in \[0, 1\), got -0.1'),
        (TemperatureHook, dict(end=0.0), 'TemperatureHook.start and end must be positive, got 10.0 and 0.0'),
    ],
)
def test_bad_settings_are_named(hook: type, settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        hook(**settings)
