"""The Hessian of the validation loss by alpha."""

import copy
from typing import Callable

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmnas_mae.engine import HessianHook, dominant_eigenvalue, first_order, hessian
from mmnas_mae.models import MAENAS
from mmnas_mae.report import read_search


@pytest.fixture(scope='module')
def problem() -> tuple[Callable, list, MAENAS]:
    """A real search network with 30 architecture parameters, in double precision, with normalisations that learn."""
    torch.manual_seed(0)
    model = MAENAS(
        backbone=dict(type='mmnas_mae.NASBench201Supernet', init_channels=4, cells_per_stage=1),
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
    ).double()
    prepared = model.prepare(torch.randn(2, 3, 8, 8, dtype=torch.float64))
    (alpha,) = model.arch_parameters()
    with torch.no_grad():
        alpha.copy_(torch.randn_like(alpha))
    return lambda: model.losses(**prepared)['loss'], [alpha], model


def test_hessian_and_eigenvalue_equal_finite_differences(problem: tuple) -> None:
    loss, (alpha,), model = problem
    exact = hessian(loss, [alpha])
    step, columns = 1e-5, []
    for i in range(alpha.numel()):
        sides = []
        for sign in (1, -1):
            with torch.no_grad():
                alpha.view(-1)[i] += sign * step
            sides.append(first_order(loss, [alpha])[0][0].flatten())
            with torch.no_grad():
                alpha.view(-1)[i] -= sign * step
        columns.append((sides[0] - sides[1]) / (2 * step))
    numeric = torch.stack(columns).numpy()
    np.testing.assert_allclose(exact.numpy(), numeric, atol=1e-7)
    largest = np.linalg.eigvalsh((numeric + numeric.T) / 2)[-1]
    assert largest > 1e-4
    assert dominant_eigenvalue(loss, [alpha]) == pytest.approx(largest, rel=1e-5)


def test_lanczos_reaches_the_eigenvalue(problem: tuple) -> None:
    loss, alphas, _ = problem
    exact = dominant_eigenvalue(loss, alphas)
    assert dominant_eigenvalue(loss, alphas, steps=30) == pytest.approx(exact, rel=1e-6)
    assert dominant_eigenvalue(loss, alphas, steps=12) == pytest.approx(exact, rel=1e-2)


def test_the_largest_eigenvalue_is_not_the_one_of_largest_magnitude() -> None:
    x = torch.zeros(3, requires_grad=True, dtype=torch.float64)
    matrix = torch.diag(torch.tensor([-9.0, 2.0, 1.0], dtype=torch.float64))

    def loss() -> torch.Tensor:
        return x @ matrix @ x / 2

    assert dominant_eigenvalue(loss, [x]) == pytest.approx(2.0)
    assert dominant_eigenvalue(loss, [x], steps=3) == pytest.approx(2.0)


def test_two_ranks_measure_the_mean(problem: tuple) -> None:
    loss, alphas, _ = problem

    def reduce(tensors: list) -> None:  # as if the other rank had half of everything
        for tensor in tensors:
            tensor.mul_(0.75)

    expected = 0.75 * dominant_eigenvalue(loss, alphas)
    assert dominant_eigenvalue(loss, alphas, reduce=reduce) == pytest.approx(expected)
    assert dominant_eigenvalue(loss, alphas, steps=30, reduce=reduce) == pytest.approx(expected, rel=1e-6)


def test_buffers_gradients_and_flags_are_left_alone(problem: tuple) -> None:
    loss, alphas, model = problem
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    assert any('running_mean' in name for name in buffers)
    hessian(loss, alphas, model.buffers())
    dominant_eigenvalue(loss, alphas, model.buffers(), steps=2)
    for name, value in model.named_buffers():
        assert torch.equal(value, buffers[name]), name
    assert all(p.grad is None for p in model.parameters())
    assert not any(alpha.requires_grad for alpha in alphas)


def test_a_measured_search_equals_one_that_is_not(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.train_cfg.max_epochs = 2
    # Draws operations and noise in every forward pass.
    search_cfg.model.backbone.update(space='darts_s4', relaxation=dict(type='mmnas_mae.GumbelRelaxation'))
    search_cfg.val_cfg = search_cfg.val_dataloader = search_cfg.val_evaluator = None
    # Crops and flips are drawn where the batch is.
    search_cfg.data_preprocessor.update(type='mmnas_mae.SearchDataPreprocessor', padding=2, flip_prob=0.5)
    measured = copy.deepcopy(search_cfg)
    measured.work_dir += '_measured'
    measured.default_hooks.hessian = dict(type='mmnas_mae.HessianHook', interval=2, steps=3)
    plain, other = run_search(search_cfg), run_search(measured)
    for (name, a), b in zip(plain.model.state_dict().items(), other.model.state_dict().values()):
        assert torch.equal(a, b), name
    hook = next(hook for hook in other.hooks if isinstance(hook, HessianHook))
    assert list(hook.eigenvalues) == [0, 1]  # every second epoch, and the last one
    steps, values = read_search(other.work_dir).scalars['arch/eigenvalue']
    assert list(steps) == [1, 2]
    assert list(values) == pytest.approx(list(hook.eigenvalues.values()))


def test_the_weight_decay_of_alpha_counts_where_it_should(search_cfg: Config, run_search: Callable) -> None:
    """automl/RobustDARTS: analyze.py adds it to the gradient, so the eigenvalue is larger by it."""
    search_cfg.train_cfg.max_epochs = 1
    search_cfg.val_cfg = search_cfg.val_dataloader = search_cfg.val_evaluator = None
    search_cfg.optim_wrapper.arch.optimizer.weight_decay = 0.5
    search_cfg.train_dataloader.dataset.parts = [('weights', 0.0005), ('arch', 0.0005)]
    values = []
    for counts in (False, True):
        search_cfg.default_hooks.hessian = dict(type='mmnas_mae.HessianHook', steps=3, weight_decay=counts)
        hook = next(hook for hook in run_search(search_cfg).hooks if isinstance(hook, HessianHook))
        values.append(hook.eigenvalues[0])
    assert values[1] - values[0] == pytest.approx(0.5, abs=1e-6)


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(interval=0), 'HessianHook.interval must be a whole number of at least 1, got 0'),
        (dict(steps=0), 'HessianHook.steps must be at least 1 or None, got 0'),
    ],
)
def test_bad_settings_are_named(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        HessianHook(**settings)


def test_a_search_without_an_alpha_step_is_refused(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.default_hooks.pop('bilevel')
    search_cfg.default_hooks.hessian = dict(type='mmnas_mae.HessianHook')
    with pytest.raises(TypeError, match='HessianHook measures what mmnas_mae.BilevelHook optimises'):
        run_search(search_cfg)
