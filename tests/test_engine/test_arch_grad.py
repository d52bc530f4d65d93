"""Alpha gradients against finite differences, in float64."""

import copy

import pytest
import torch
from torch import Tensor, nn

from mmnas_mae.engine import enable_grad, first_order, second_order
from mmnas_mae.models import MAENAS


@pytest.fixture
def model() -> MAENAS:
    """A real search network, small and in double precision, with alphas that matter."""
    model = MAENAS(
        backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=2, layers=3),
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=2, ratio=0.5),
    ).double()
    with torch.no_grad():
        for alpha in model.arch_parameters():
            alpha.normal_(std=0.5)
    return model


def batch(model: MAENAS) -> dict:
    return model.prepare(torch.randn(3, 3, 8, 8, dtype=torch.float64))


def loss_of(model: MAENAS, prepared: dict) -> Tensor:
    return model.losses(**prepared)['loss']


def test_first_order_equals_finite_differences(model: MAENAS) -> None:
    prepared = batch(model)
    alphas = model.arch_parameters()
    grads, loss = first_order(lambda: loss_of(model, prepared), alphas)
    assert loss == loss_of(model, prepared)
    step = 1e-5
    for alpha, grad in zip(alphas, grads):
        for index in [(0, 1), (3, 3), (7, 4), (13, 7)]:
            values = []
            for sign in (1, -1):
                with torch.no_grad():
                    alpha[index] += sign * step
                values.append(loss_of(model, prepared).item())
                with torch.no_grad():
                    alpha[index] -= sign * step
            numeric = (values[0] - values[1]) / (2 * step)
            assert float(grad[index]) == pytest.approx(numeric, rel=1e-5, abs=1e-9)


def test_first_order_computes_no_weight_gradient(model: MAENAS) -> None:
    prepared = batch(model)
    first_order(lambda: loss_of(model, prepared), model.arch_parameters())
    assert all(p.grad is None for p in model.parameters())
    assert not any(p.requires_grad for p in model.arch_parameters())


@pytest.mark.parametrize(
    'momentum, nesterov, steps_before, unrolls, dampening',
    [
        (0.0, False, 0, True, 0.0),
        (0.9, False, 2, True, 0.0),
        (0.9, True, 2, True, 0.0),
        (0.9, True, 2, False, 0.0),
        # The first step of all takes the gradient whole, whatever the dampening.
        (0.9, False, 0, True, 0.5),
        (0.9, False, 2, True, 0.5),
        (0.9, True, 0, True, 0.0),
    ],
)
def test_second_order_equals_finite_differences_through_the_weight_step(
    model: MAENAS, momentum: float, nesterov: bool, steps_before: int, unrolls: bool, dampening: float
) -> None:
    """dL_val(w - SGD step(alpha), alpha)/dalpha, the step taken by torch's own optimizer.

    One has plain momentum in the unrolled step of an optimizer with Nesterov's, as published code has.
    """
    settings = dict(lr=0.1, momentum=momentum, nesterov=nesterov, weight_decay=0.01, dampening=dampening)
    weights = model.weight_parameters()
    optimizer = torch.optim.SGD(weights, **settings)
    for _ in range(steps_before):
        optimizer.zero_grad()
        loss_of(model, batch(model)).backward()
        optimizer.step()
    optimizer.zero_grad()
    train, val = batch(model), batch(model)
    alphas = model.arch_parameters()

    grads, _ = second_order(
        lambda: loss_of(model, train),
        lambda: loss_of(model, val),
        alphas,
        weights,
        optimizer,
        radius=1e-6,
        nesterov=unrolls,
    )

    def val_loss_after_step(kind: int, index: tuple, delta: float) -> float:
        moved = copy.deepcopy(model)
        with torch.no_grad():
            moved.arch_parameters()[kind][index] += delta
        stepper = torch.optim.SGD(moved.weight_parameters(), **settings)
        stepper.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        stepper.param_groups[0]['nesterov'] = nesterov and unrolls
        loss_of(moved, train).backward()
        stepper.step()
        return loss_of(moved, val).item()

    step = 1e-5
    first, _ = first_order(lambda: loss_of(model, val), alphas)
    for kind in (0, 1):
        for index in [(0, 1), (5, 4), (13, 7)]:
            numeric = (val_loss_after_step(kind, index, step) - val_loss_after_step(kind, index, -step)) / (2 * step)
            assert float(grads[kind][index]) == pytest.approx(numeric, rel=2e-4, abs=1e-8)
    # The unrolled gradient is another one, so the agreement above is no accident.
    assert max(float((a - b).abs().max()) for a, b in zip(grads, first)) > 1e-4


def test_second_order_restores_weights_and_statistics_bit_for_bit(model: MAENAS) -> None:
    optimizer = torch.optim.SGD(model.weight_parameters(), lr=0.1, momentum=0.9)
    before = copy.deepcopy(model.state_dict())
    train, val = batch(model), batch(model)
    second_order(
        lambda: loss_of(model, train),
        lambda: loss_of(model, val),
        model.arch_parameters(),
        model.weight_parameters(),
        optimizer,
        buffers=model.buffers(),
    )
    after = model.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(p.grad is None for p in model.parameters())


def test_second_order_repeats_random_draws_in_its_differences() -> None:
    """With noise in the loss, the difference quotient would explode unless the draws are the same."""
    weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
    alpha = nn.Parameter(torch.ones(1, dtype=torch.float64), requires_grad=False)
    optimizer = torch.optim.SGD([weight], lr=0.5)

    def train_loss() -> Tensor:
        return (alpha * weight**2).sum() + 10 * torch.randn((), dtype=torch.float64) * alpha.sum()

    # w' = 1 - 0.5 * 2 = 0, v = dL_val/dw' = 1, mixed derivative 2: gradient -0.5 * 2 * 1
    grads, loss = second_order(train_loss, lambda: weight.sum(), [alpha], [weight], optimizer)
    assert float(grads[0]) == pytest.approx(-1.0, rel=1e-9)
    assert float(loss) == 0.0


def test_second_order_draws_anew_in_each_of_its_four_evaluations_where_it_should() -> None:
    """As in published code, whose drop path and noise differ from one to the next."""
    weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
    alpha = nn.Parameter(torch.ones(1, dtype=torch.float64), requires_grad=False)
    optimizer, draws = torch.optim.SGD([weight], lr=0.25), []

    def loss() -> Tensor:
        draws.append(float(torch.rand(())))
        return (alpha * weight**2).sum()

    for redraw in (False, True):
        draws.clear()
        second_order(loss, loss, [alpha], [weight], optimizer, redraw=redraw)
        assert len(draws) == 4
        assert len(set(draws)) == (4 if redraw else 1)


def test_the_finite_difference_has_the_length_of_published_code() -> None:
    """Of a cubic loss it is off the derivative by the square of its length, 0.01 along the direction of the step."""
    weight = nn.Parameter(torch.ones(1, dtype=torch.float64))
    alpha = nn.Parameter(torch.ones(1, dtype=torch.float64), requires_grad=False)
    optimizer = torch.optim.SGD([weight], lr=0.5)
    # dL_train/dalpha = w^3 and v = dL_val/dw': the result is -0.5 * v * (3 + R^2), whether the step is shorter than 1.
    for v, given, length in ((4.0, {}, 0.01), (0.4, {}, 0.01), (4.0, dict(radius=0.1), 0.1)):
        grads, _ = second_order(
            lambda: (alpha * weight**3).sum(), lambda v=v: v * weight.sum(), [alpha], [weight], optimizer, **given
        )
        assert float(grads[0]) == pytest.approx(-0.5 * v * (3 + length**2), rel=1e-9)


def test_without_a_direction_the_second_order_is_the_first() -> None:
    weight, alpha = (nn.Parameter(torch.ones(1, dtype=torch.float64)) for _ in range(2))
    optimizer = torch.optim.SGD([weight], lr=0.5)
    grads, _ = second_order(lambda: (alpha * weight).sum(), lambda: 3 * alpha.sum(), [alpha], [weight], optimizer)
    assert float(grads[0]) == 3.0


def test_the_momentum_of_nesterov_is_unrolled_unless_told() -> None:
    weight, alpha = (nn.Parameter(torch.ones(1, dtype=torch.float64)) for _ in range(2))
    optimizer = torch.optim.SGD([weight], lr=0.5, momentum=0.5, nesterov=True)

    def loss() -> Tensor:
        return (alpha * weight**2).sum()

    found = [
        float(second_order(loss, loss, [alpha], [weight], optimizer, **given)[0][0])
        for given in ({}, dict(nesterov=True), dict(nesterov=False))
    ]
    assert found[0] == found[1] != found[2]


def test_what_is_frozen_is_so_while_the_loss_is_computed() -> None:
    """No graph is built for it, and no gradient is a part of another's."""
    alpha, weight = (nn.Parameter(torch.ones(1)) for _ in range(2))
    seen = []

    def loss() -> Tensor:
        seen.append((alpha.requires_grad, weight.requires_grad))
        return (alpha * weight).sum()

    first_order(loss, [alpha], [weight])
    second_order(loss, loss, [alpha], [weight], torch.optim.SGD([weight], lr=0.5))
    # First order; then the gradient of the step, that by both of the loss after it, and the two of the difference.
    assert seen == [(True, False), (False, True), (True, True), (True, False), (True, False)]
    assert alpha.requires_grad
    assert weight.requires_grad


def test_second_order_refuses_other_optimizers(model: MAENAS) -> None:
    adam = torch.optim.Adam(model.weight_parameters())
    prepared = batch(model)
    with pytest.raises(TypeError, match='unrolls a step of SGD; optim_wrapper.weights.optimizer is Adam'):
        second_order(
            lambda: loss_of(model, prepared),
            lambda: loss_of(model, prepared),
            model.arch_parameters(),
            model.weight_parameters(),
            adam,
        )


def test_enable_grad_restores_flags_after_an_error() -> None:
    tensors = [torch.zeros(1), torch.zeros(1, requires_grad=True)]
    inside = []

    def fail() -> None:
        with enable_grad(tensors):
            inside.extend(t.requires_grad for t in tensors)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert inside == [True, True]
    assert [t.requires_grad for t in tensors] == [False, True]
