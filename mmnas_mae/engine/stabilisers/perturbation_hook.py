"""Perturbation of the architecture in the weight step (SDARTS)."""

from contextlib import ExitStack
from typing import Any, Callable, Sequence

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from ...registry import HOOKS
from ...utils.ranges import COUNT
from ...utils.unwrap import unwrap
from ..arch_grad import gradients, replayed
from ..step import step_loss

MODES = ('random', 'adversarial')


def to_simplex(weights: Tensor, valid: Tensor) -> Tensor:
    """Clips rows to [0, 1] and scales them to sum to one (xiangning-chen/SmoothDARTS: clip).

    A row without a positive value becomes one at its largest.

    Args:
        weights (Tensor): (E, K).
        valid (Tensor): (E, K), False where an edge has fewer than K candidates.
    """
    clipped = weights.clamp(0, 1) * valid
    largest = weights.masked_fill(~valid, float('-inf')).argmax(dim=-1, keepdim=True)
    empty = clipped.sum(dim=-1, keepdim=True) == 0
    clipped = torch.where(empty, torch.zeros_like(clipped).scatter(-1, largest, 1.0), clipped)
    return clipped / clipped.sum(dim=-1, keepdim=True)


def perturb(weights: Sequence[Tensor], valid: Sequence[Tensor], epsilon: float) -> list[Tensor]:
    """Adds uniform noise from (-epsilon, epsilon) to (E, K) weights and clips to the simplex (SDARTS-RS)."""
    return [to_simplex(w + torch.empty_like(w).uniform_(-epsilon, epsilon), v) for w, v in zip(weights, valid)]


def attack(
    loss: Callable[[Sequence[Tensor]], Tensor],
    weights: Sequence[Tensor],
    valid: Sequence[Tensor],
    epsilon: float,
    steps: int = 7,
) -> list[Tensor]:
    """Projected gradient ascent within an L-infinity ball (SDARTS-ADV; attacker/perturb.py).

    From a random start, steps of ``2 * epsilon / steps`` along the sign of the gradient,
    each followed by the projection into the ball and the clipping to the simplex.

    Args:
        loss: of operation weights.
        weights: centre of the ball, (E, K) each.
        valid: which candidates an edge has, (E, K) bool each.
        epsilon: radius of the ball.
        steps: steps of the ascent.

    Returns:
        list[Tensor]: the end of the ascent if the loss is not lower there than at the
        centre, otherwise the centre.
    """
    point, loss = perturb(weights, valid, epsilon), replayed(loss)
    for _ in range(steps):
        leaves = [p.detach() for p in point]
        ascent, _ = gradients(lambda: loss(leaves), leaves)  # noqa: B023 - evaluated at once
        moved = [p + 2 * epsilon / steps * g.sign() for p, g in zip(leaves, ascent)]
        near = [w + (m - w).clamp(-epsilon, epsilon) for m, w in zip(moved, weights)]
        point = [to_simplex(n, v) for n, v in zip(near, valid)]
    with torch.no_grad():
        return list(weights) if float(loss(weights)) > float(loss(point)) else point


@HOOKS.register_module()
class PerturbationHook(Hook):
    """Trains the weights on a perturbed architecture (SDARTS-RS and SDARTS-ADV).

    The softmax of alpha is perturbed anew in every weight step, and only there: the alpha
    step and validation see it as it is. The radius grows from ``start`` by
    ``(end - start) * e / E`` in epoch e of E. An adversarial perturbation maximises the loss
    of the very batch that the weight step is about to use, in eval mode; each rank finds
    its own.

    Args:
        mode: ``random`` (RS) or ``adversarial`` (ADV).
        start, end: radius at the start, and the one that the end of the search approaches.
        steps: steps of the ascent.

    Raises:
        ValueError: ``mode`` is unknown, or a number is out of range.
    """

    # After the alpha step.
    priority = 'NORMAL'

    def __init__(self, mode: str = 'random', start: float = 0.03, end: float = 0.3, steps: int = 7) -> None:
        if mode not in MODES:
            raise ValueError(f'PerturbationHook.mode must be one of {MODES}, got {mode!r}')
        if start < 0 or end < 0:
            raise ValueError(f'PerturbationHook.start and end must not be negative, got {start} and {end}')
        COUNT.check('PerturbationHook.steps', steps)
        self.mode = mode
        self.start = start
        self.end = end
        self.steps = steps
        self._perturbed = ExitStack()

    def before_train(self, runner: Runner) -> None:
        """
        Raises:
            TypeError: the architecture has no softmax to perturb.
        """
        arch = unwrap(runner.model).arch
        if not arch.perturbable:
            raise TypeError(f'PerturbationHook perturbs the softmax of alpha, the model has {arch.rule}')

    def epsilon(self, epoch: int, max_epochs: int) -> float:
        """The radius in an epoch, counted from 0."""
        return self.start + (self.end - self.start) * epoch / max_epochs

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Perturbs."""
        arch, epsilon = unwrap(runner.model).arch, self.epsilon(runner.epoch, runner.max_epochs)
        kinds, weights = zip(*((kind, w.detach()) for kind, w in arch.weights().items()))
        valid = [arch.valid(kind) for kind in kinds]
        if self.mode == 'random':
            point = perturb(weights, valid, epsilon)
        else:
            point = self._attack(runner, kinds, weights, valid, epsilon, data_batch)
        self._perturbed.enter_context(arch.fixed(dict(zip(kinds, point))))

    def _attack(
        self,
        runner: Runner,
        kinds: Sequence[str],
        weights: Sequence[Tensor],
        valid: Sequence[Tensor],
        epsilon: float,
        data_batch: Any,
    ) -> list[Tensor]:
        model = unwrap(runner.model)
        # The weight step draws the same crops and masks again.
        with model.kept_generators():
            batch_loss = step_loss(model, runner.optim_wrapper['weights'], data_batch)

        def loss(point: Sequence[Tensor]) -> Tensor:
            with model.arch.fixed(dict(zip(kinds, point))):
                return batch_loss()

        model.eval()
        try:
            return attack(loss, weights, valid, epsilon, self.steps)
        finally:
            model.train()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Takes the perturbation away."""
        self._perturbed.close()
