"""Perturbation of alpha in the weight step (SDARTS)."""

from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from mmnas_mae.engine import PerturbationHook
from mmnas_mae.engine.stabilisers.perturbation_hook import attack, perturb, to_simplex
from mmnas_mae.models import MAENAS

VALID = torch.tensor([[True, True, True], [True, True, False]])


def on_simplex(weights: Tensor) -> bool:
    return bool((weights >= 0).all()) and torch.allclose(weights.sum(-1), torch.ones(len(weights)))


def test_random_perturbation_stays_in_the_simplex_and_moves() -> None:
    weights = torch.tensor([[0.6, 0.3, 0.1], [0.9, 0.1, 0.0]])
    for _ in range(200):
        (moved,) = perturb([weights], [VALID], 0.3)
        assert on_simplex(moved)
        assert float(moved[1, 2]) == 0.0
        assert not torch.equal(moved, weights)
    (same,) = perturb([weights], [VALID], 0.0)
    torch.testing.assert_close(same, weights)


def test_random_perturbation_is_uniform_before_the_clipping() -> None:
    """In the middle of the simplex nothing is clipped: w / sum, with the noise that was drawn."""
    weights = torch.full((1, 3), 1 / 3)
    torch.manual_seed(7)
    (moved,) = perturb([weights], [VALID[:1]], 0.2)
    torch.manual_seed(7)
    noisy = weights + torch.empty(1, 3).uniform_(-0.2, 0.2)
    torch.testing.assert_close(moved, noisy / noisy.sum())


@pytest.mark.parametrize(
    'row, expected',
    [
        ([0.5, 0.5, 1.0], [0.25, 0.25, 0.5]),
        ([-0.2, 0.6, 1.4], [0.0, 0.375, 0.625]),  # clipped to (0, 0.6, 1)
        ([-0.3, -0.1, -0.2], [0.0, 1.0, 0.0]),  # nothing is left: the largest becomes one
    ],
)
def test_clipping_to_the_simplex(row: list, expected: list) -> None:
    torch.testing.assert_close(to_simplex(torch.tensor([row]), VALID[:1]), torch.tensor([expected]))


def test_adversarial_perturbation_finds_the_worst_corner() -> None:
    """Of a linear loss the worst point moves all it can towards the largest slope."""
    weights, slope = torch.tensor([[0.5, 0.3, 0.2]]), torch.tensor([[1.0, -1.0, 0.0]])
    (worst,) = attack(lambda point: (slope * point[0]).sum(), [weights], [VALID[:1]], epsilon=0.1)
    assert on_simplex(worst)
    before, after = (float((slope * w).sum()) for w in (weights, worst))
    # (0.6, 0.2, w): w stays within 0.1 to 0.3 and the row is scaled to one.
    assert (0.6 - 0.2) / 1.1 - 1e-6 <= after <= (0.6 - 0.2) / 0.9 + 1e-6
    assert after > before + 0.1


def test_adversarial_perturbation_is_dropped_where_the_loss_falls() -> None:
    weights = torch.tensor([[0.5, 0.3, 0.2]])

    def peak(point: list) -> Tensor:  # at the centre, and no gradient leads back to it
        return -(point[0].detach() - weights).abs().sum() + 0 * point[0].sum()

    (kept,) = attack(peak, [weights], [VALID[:1]], 0.1)
    assert torch.equal(kept, weights)


def test_the_attack_compares_losses_under_the_same_draws() -> None:
    """Of a loss that is noise alone the start is as good as the end, so the end is kept."""
    weights = torch.tensor([[0.5, 0.3, 0.2]])
    (kept,) = attack(lambda point: torch.rand(()) + 0 * point[0].sum(), [weights], [VALID[:1]], 0.1)
    assert not torch.equal(kept, weights)


def test_radius_grows_from_start_towards_end() -> None:
    hook = PerturbationHook()
    assert [hook.epsilon(e, 50) for e in (0, 25, 49)] == pytest.approx([0.03, 0.165, 0.2946])


class Spy(Hook):
    """What the weight step of the first iteration ran on."""

    priority = 'LOWEST'

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        model = runner.model
        if batch_idx or runner.epoch:
            return
        self.override = {kind: held.ops.clone() for kind, held in model.arch._held.items()}
        self.weights = {kind: w.clone() for kind, w in model.arch.weights().items()}
        assert model.training
        self.buffers = {name: b.clone() for name, b in model.named_buffers()}

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        self.left = runner.model.arch._held


@pytest.mark.parametrize('mode', ['random', 'adversarial'])
def test_only_the_weight_step_is_perturbed(search_cfg: Config, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    search_cfg.train_cfg.max_epochs = 1
    search_cfg.train_dataloader.dataset.parts = [('weights', 0.0008), ('arch', 0.0008)]
    search_cfg.val_cfg = search_cfg.val_dataloader = search_cfg.val_evaluator = None
    search_cfg.model.backbone.space = 'darts_s2'
    # Crops and flips are drawn where the batch is.
    search_cfg.data_preprocessor.update(type='mmnas_mae.SearchDataPreprocessor', padding=2, flip_prob=0.5)
    search_cfg.default_hooks.perturbation = dict(type='mmnas_mae.PerturbationHook', mode=mode, start=0.2, end=0.2)
    calls: list[tuple] = []  # (perturbed, masks, training, loss) of each forward pass
    seen: list[Tensor] = []
    original: Callable = MAENAS.losses

    def losses(self: MAENAS, images: Tensor, mask: Tensor) -> dict:
        out = original(self, images, mask)
        seen.append(images.clone())
        calls.append((self.arch._held is not None, mask.clone(), self.training, float(out['loss'].detach())))
        return out

    monkeypatch.setattr(MAENAS, 'losses', losses)
    runner, spy = Runner.from_cfg(search_cfg), Spy()
    runner.register_hook(spy)
    initial = {name: b.clone() for name, b in runner.model.named_buffers()}
    runner.train()
    steps = len(runner.train_dataloader)
    first = calls[: len(calls) // steps]
    assert [perturbed for perturbed, *_ in first] == [False] + [True] * (len(first) - 1)
    assert spy.left is None
    for kind, moved in spy.override.items():
        assert on_simplex(moved)
        assert 0 < float((moved - spy.weights[kind]).abs().max())
    if mode == 'random':
        assert len(first) == 2
        return
    # Seven steps, then the loss at the centre and at the end; all of them and the weight step under the same masks.
    assert len(first) == 1 + 7 + 2 + 1
    assert all(torch.equal(mask, first[-1][1]) for _, mask, *_ in first[1:])
    assert all(torch.equal(images, seen[len(first) - 1]) for images in seen[1 : len(first)])
    assert [training for *_, training, _ in first] == [True] + [False] * 9 + [True]
    centre, end = first[8][3], first[9][3]
    assert end >= centre
    # The attack itself has left no trace in running statistics: those of the alpha step are the only ones.
    counts = {name: int(b) for name, b in spy.buffers.items() if name.endswith('num_batches_tracked')}
    assert set(counts.values()) == {1}
    assert {int(initial[name]) for name in counts} == {0}


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(mode='x'), r"PerturbationHook.mode must be one of \('random', 'adversarial'\), got 'x'"),
        (dict(end=-1.0), 'PerturbationHook.start and end must not be negative, got 0.03 and -1.0'),
        (dict(steps=0), 'PerturbationHook.steps must be a whole number of at least 1, got 0'),
    ],
)
def test_bad_settings_are_named(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        PerturbationHook(**settings)


def test_another_relaxation_is_refused(search_cfg: Config, run_search: Callable) -> None:
    search_cfg.model.backbone.relaxation = dict(type='mmnas_mae.SigmoidRelaxation')
    search_cfg.default_hooks.perturbation = dict(type='mmnas_mae.PerturbationHook')
    with pytest.raises(TypeError, match='perturbs the softmax of alpha, the model has SigmoidRelaxation'):
        run_search(search_cfg)
