"""Replayed steps are the steps."""

import copy
from typing import Any, Callable, Optional

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner import Runner
from search_models import masked_search
from taped import taped

from mmnas_mae.costs import Budget
from mmnas_mae.costs.search_budget import SearchBudget
from mmnas_mae.engine.execution.captured_losses import CapturedLosses, Recorder, rerun
from mmnas_mae.engine.step import arch_step, step_loss
from mmnas_mae.models import SearchModel
from mmnas_mae.models.kernels import weighted_sum

S0 = dict(type='mmnas_mae.DARTSSupernet', space='darts_s2', init_channels=4, layers=3)
NB201 = dict(type='mmnas_mae.NASBench201Supernet', init_channels=4, cells_per_stage=1)
PARTIAL = dict(type='mmnas_mae.PartialMixedOp', portion=2)
DROPPING = dict(S0, connection=dict(type='mmnas_mae.SkipDropoutMixedOp'))
CONCRETE = dict(NB201, relaxation=dict(type='mmnas_mae.ConcreteRelaxation'))
FAIR = dict(
    NB201,
    relaxation=dict(type='mmnas_mae.SigmoidRelaxation', regularizer=dict(type='mmnas_mae.ZeroOneLoss')),
)


class Steps:
    """Steps of a search, each of its losses kept."""

    def __init__(self, model: SearchModel, order: int = 1) -> None:
        self.model, self.order = model, order
        weights = torch.optim.SGD(model.weight_parameters(), lr=0.1, momentum=0.9, nesterov=True)
        arch = torch.optim.Adam(model.arch_parameters(), lr=0.01)
        self.wrappers = OptimWrapperDict(weights=OptimWrapper(weights), arch=OptimWrapper(arch))
        self.losses: list[float] = []

    def __call__(self, images: torch.Tensor) -> None:
        batches = [dict(inputs=images), dict(inputs=images.flip(0))]
        self.losses.append(float(arch_step(self.model, self.wrappers, *batches, self.order)))
        logged = self.model.train_step(batches[1], self.wrappers['weights'])
        self.losses += [value.item() for value in logged.values()]


@pytest.fixture(params=[rerun, taped])
def record(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """Both recorders of the CPU: one that runs Python again, and one that runs the operators of its recording."""
    if request.param is taped:
        # As on a GPU, where a weight is no number of Python's.
        monkeypatch.setattr(weighted_sum, '_WeightedSum', Products)
    return request.param


class Products:
    """In place of the function whose weights are read on a CPU."""

    @staticmethod
    def apply(weights: torch.Tensor, *maps: torch.Tensor) -> torch.Tensor:
        given = [*weights.unbind(), *[None] * (len(maps) - len(weights))]
        return weighted_sum.product_sum(list(zip(given, maps)))


def compare(
    model: SearchModel,
    order: int = 1,
    between: Callable[[SearchModel], None] = lambda model: None,
    record: Recorder = rerun,
) -> None:
    """Four steps, ``between`` happening after the second, in both executions."""
    replayed = copy.deepcopy(model)
    replayed.execution = execution = CapturedLosses(record)
    results = []
    for each in (model, replayed):
        torch.manual_seed(1)
        steps = Steps(each, order)
        for i in range(4):
            if i == 2:
                between(each)
                execution.check()
            steps(torch.randn(4, 3, 16, 16))
        results.append((steps.losses, {**each.state_dict()}))
    (losses, state), (other_losses, other_state) = results
    assert losses == other_losses
    for name, value in state.items():
        assert torch.equal(value, other_state[name]), name
    assert len(set(losses)) > 4


@pytest.mark.parametrize(
    'backbone',
    [S0, dict(S0, connection=PARTIAL, edge_norm=True), CONCRETE, FAIR, dict(S0, with_cp=True)],
    ids=['s2', 'partial', 'concrete', 'sigmoid', 'checkpointing'],
)
def test_first_order_steps_are_equal(backbone: dict) -> None:
    compare(masked_search(backbone))


@pytest.mark.parametrize('settings', [dict(masking='sparse'), dict(neck=dict(type='mmnas_mae.PerScaleDecoder'))])
def test_they_are_equal_whatever_is_reconstructed_and_how(settings: dict) -> None:
    compare(masked_search(NB201, **settings))


def test_second_order_steps_are_equal(record: Recorder) -> None:
    compare(masked_search(NB201), order=2, record=record)


def test_what_changes_in_place_needs_no_new_recording(record: Recorder) -> None:
    """Temperature, and the multipliers of a budget, which a step moves."""

    def change(model: SearchModel) -> None:
        model.arch.temperature.fill_(0.2)
        model.arch.limit.load_state_dict(dict(multipliers=dict(macs=3.0), exceeded=dict(macs=True)))

    def limited(relaxation: dict) -> SearchModel:
        model = masked_search(dict(NB201, relaxation=relaxation))
        model.arch.limit = SearchBudget(Budget(macs=40e6, at=dict(init_channels=16, cells_per_stage=5)), model)
        return model

    compare(limited(dict(type='mmnas_mae.SoftmaxRelaxation', tau=1.0)), between=change, record=record)


def test_a_number_that_changes_between_epochs_is_recorded_anew(record: Recorder) -> None:
    def drop(model: SearchModel) -> None:
        model.backbone.drop_path_prob = 0.4
        for module in model.modules():
            if hasattr(module, 'dropout'):
                module.dropout = 0.3

    compare(masked_search(DROPPING), between=drop, record=record)


def test_held_weights_are_inputs_of_a_recording() -> None:
    model = masked_search(NB201)
    execution = model.execution = CapturedLosses(rerun)
    torch.manual_seed(1)
    images, points = torch.randn(4, 3, 16, 16), [torch.rand(6, 5).softmax(1) for _ in range(3)]
    losses = []
    for point in points:
        model.mask_generator.generator.manual_seed(0)
        prepared = model.prepare_batch(images)
        with model.arch.fixed(dict(cell=point)):
            losses.append([model.step_loss(prepared).item(), model.total_losses(**prepared)['loss'].item()])
    assert len(execution._recordings) == 1
    assert all(replayed == pytest.approx(plain, rel=1e-6) for replayed, plain in losses)
    assert len({replayed for replayed, _ in losses}) == 3


def test_each_kind_of_step_has_one_recording() -> None:
    model = masked_search(S0)
    execution = model.execution = CapturedLosses(rerun)
    steps = Steps(model)
    for _ in range(3):
        steps(torch.randn(4, 3, 16, 16))
    assert len(execution._recordings) == 2
    steps(torch.randn(2, 3, 16, 16))  # a smaller last batch
    assert len(execution._recordings) == 4


@pytest.mark.parametrize('context', ['eval', 'no_grad', 'drawn'])
def test_what_cannot_be_replayed_runs_as_usual(context: str) -> None:
    relaxation = dict(relaxation=dict(type='mmnas_mae.GumbelRelaxation')) if context == 'drawn' else {}
    model = masked_search(dict(NB201, **relaxation)).train(context != 'eval')
    execution = model.execution = CapturedLosses(rerun)
    with torch.set_grad_enabled(context != 'no_grad'):
        prepared = model.prepare_batch(torch.randn(2, 3, 16, 16))
        torch.manual_seed(0)
        losses = model.step_losses(prepared)
        model.execution = None
        torch.manual_seed(0)
        assert {name: value.item() for name, value in model.step_losses(prepared).items()} == {
            name: value.item() for name, value in losses.items()
        }
    assert not execution._recordings


def test_a_replayed_loss_is_differentiated_before_the_next() -> None:
    model = masked_search(NB201)
    model.execution = CapturedLosses(rerun)
    prepared = model.prepare_batch(torch.randn(2, 3, 16, 16))
    first = model.step_loss(prepared)
    model.step_loss(prepared).backward()
    with pytest.raises(RuntimeError, match='must be differentiated before the next one is computed'):
        first.backward()


def test_second_derivatives_are_taken_of_the_usual_execution() -> None:
    model = masked_search(NB201)
    model.execution = CapturedLosses(rerun)
    batch = dict(inputs=torch.randn(2, 3, 16, 16))
    alphas = model.arch_parameters()
    for alpha in alphas:
        alpha.requires_grad_(True)
    loss = step_loss(model, None, batch, alpha_step=True, twice=True)()
    gradient = torch.autograd.grad(loss, alphas, create_graph=True)[0]
    second = torch.autograd.grad(gradient.square().sum(), alphas)[0]
    assert float(second.abs().max()) > 0


class Replays(Hook):
    """Replays the steps of a run, on any device."""

    priority = 'ABOVE_NORMAL'

    def before_train(self, runner: Runner) -> None:
        runner.model.execution = CapturedLosses(rerun)

    def before_train_epoch(self, runner: Runner) -> None:
        runner.model.execution.check()


@pytest.mark.parametrize('hook', [None, dict(type='mmnas_mae.PerturbationHook', mode='random')])
def test_a_run_ends_with_the_same_architecture_and_log(
    search_cfg: Config, run_search: Callable[[Config], Runner], hook: Optional[dict], tmp_path: Any
) -> None:
    results = []
    for replays in (False, True):
        cfg = copy.deepcopy(search_cfg)
        cfg.work_dir, cfg.experiment_name = str(tmp_path / str(replays)), f'replays-{replays}'
        cfg.optim_wrapper.weights.accumulative_counts = 2
        cfg.custom_hooks = [*([hook] if hook else []), *([dict(type=Replays)] if replays else [])]
        runner = run_search(cfg)
        scalars = {name: buffer.data for name, buffer in runner.message_hub.log_scalars.items()}
        results.append((runner.model.state_dict(), scalars))
    (state, log), (other, other_log) = results
    assert all(torch.equal(value, other[name]) for name, value in state.items())
    for name in ('train/loss', 'train/arch_loss', 'train/grad_norm'):
        assert len(log[name][0]) > 1
        assert log[name][0].tolist() == other_log[name][0].tolist(), name
