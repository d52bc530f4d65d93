"""A run whose numbers have gone wrong ends, or passes over the step, where they do."""

import math
from functools import partial
from typing import Any, Iterator, Mapping, NamedTuple, Optional, Sequence

import torch
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapper, OptimWrapperDict
from mmengine.runner import Runner
from torch import Tensor

from ...registry import HOOKS
from ...utils.errors import DivergedError
from ...utils.unwrap import unwrap
from ..bilevel_hook import bilevel_of
from ..deferred_scalars import log_interval

ACTIONS = ('stop', 'skip')
#: What the largest architecture parameter is called here.
_ALPHA = 'the largest architecture parameter'
#: Names of images that a message gives.
_MOST_NAMES = 3


class _Step(NamedTuple):
    """Numbers of a step, still on the device, and the images that they are of."""

    epoch: int
    iteration: int
    numbers: Mapping[str, Tensor]
    batches: Mapping[str, Any]


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Sees NaN and infinity in the losses, gradients and architecture parameters of the step that brings them.

    On a GPU the numbers stay there, and are read as often as the log is printed and at the end of an epoch, before a
    checkpoint is written; the message names the step all the same. On the CPU every step is read.

    Args:
        action: ``stop`` ends the run; ``skip`` lets all gradients of such a step of an optimizer count as zero
            (momentum and weight decay still act), and gives running statistics their last finite values.
        most_skipped: so many skipped steps in a row end the run.
        most_alpha: an architecture parameter of a larger absolute value has exploded, which ends the run: a search
            moves it by 10 or so.
        saturated: an absolute value from which on, at the end of an epoch, a warning says that a softmax over it has
            hardly any gradient left: 20 is a weight of 2e-9 for what it is compared with.

    Raises:
        ValueError: an argument lies outside its range.
    """

    priority = 'VERY_HIGH'

    def __init__(
        self, action: str = 'stop', most_skipped: int = 10, most_alpha: float = 1000.0, saturated: float = 20.0
    ) -> None:
        if action not in ACTIONS:
            raise ValueError(f'FiniteLossHook.action must be one of {ACTIONS}, got {action!r}')
        if most_skipped < 1:
            raise ValueError(f'FiniteLossHook.most_skipped must be at least 1, got {most_skipped!r}')
        if not 0 < saturated <= most_alpha:
            raise ValueError(
                'FiniteLossHook.saturated must be above 0 and most_alpha not below it, got '
                f'{saturated} and {most_alpha}'
            )
        self.action = action
        self.most_skipped = most_skipped
        self.most_alpha = most_alpha
        self.saturated = saturated
        self._interval = 1
        self._device = torch.device('cpu')
        self._skipped = 0
        self._steps: list[_Step] = []
        #: The largest gradient of the last step of each optimizer.
        self._gradients: dict[str, Tensor] = {}
        self._handles: list[Any] = []
        #: Running statistics, and their last finite values.
        self._buffers: list[Tensor] = []
        self._kept: list[Tensor] = []

    def before_train(self, runner: Runner) -> None:
        """Looks at the gradients of every step of an optimizer from now on."""
        self._device = next(runner.model.parameters()).device
        self._interval = 1 if self._device.type == 'cpu' else log_interval(runner)
        for name, wrapper in _optimizers(runner.optim_wrapper):
            self._handles.append(wrapper.optimizer.register_step_pre_hook(partial(self._look, name)))
        if self.action == 'skip':
            self._buffers = [each for each in runner.model.buffers() if each.is_floating_point()]
            self._kept = [each.clone() for each in self._buffers]

    def after_train(self, runner: Runner) -> None:
        """Looks no longer."""
        for handle in self._handles:
            handle.remove()
        self._handles.clear()

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Optional[Mapping[str, Any]] = None
    ) -> None:
        """Keeps the numbers of the step, and reads them where it is time.

        Raises:
            DivergedError: a number is not finite, or an architecture parameter has exploded; names it, the epoch, the
                iteration and the images.
        """
        numbers = {name: value for name, value in (outputs or {}).items() if 'loss' in name}
        numbers |= {f'the largest gradient of {name}': value for name, value in self._gradients.items()}
        if alphas := _alphas(runner):
            numbers[_ALPHA] = _largest(alphas)
        bilevel = bilevel_of(runner)
        arch = None if bilevel is None else bilevel.batch
        # A captured graph writes each step's numbers to the same place.
        numbers = {name: torch.as_tensor(each).detach().float().clone() for name, each in numbers.items()}
        batches = {name: samples for name, samples in (('', _samples(data_batch)), ('arch', _samples(arch))) if samples}
        self._steps.append(_Step(runner.epoch + 1, runner.iter + 1, numbers, batches))
        if len(self._steps) >= self._interval:
            self._read(runner)

    def after_train_epoch(self, runner: Runner) -> None:
        """Reads what is left, before a checkpoint is written; warns of architecture parameters that have saturated.

        Raises:
            DivergedError: see :meth:`after_train_iter`.
        """
        self._read(runner)
        alphas = {name: float(_largest([value])) for name, value in _named_alphas(runner) if value.numel()}
        found = {name: value for name, value in alphas.items() if value > self.saturated}
        if found:
            said = ', '.join(f'{name} {value:.4g}' for name, value in found.items())
            runner.logger.warning(
                f'epoch {runner.epoch + 1}: architecture parameters are saturated (largest absolute value: {said}; '
                f'above {self.saturated:g} a softmax has hardly any gradient left); lower '
                'optim_wrapper.arch.optimizer.lr'
            )

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Reads what is left, also where a run pauses within an epoch.

        Raises:
            DivergedError: see :meth:`after_train_iter`.
        """
        self._read(runner)

    def _look(self, name: str, optimizer: torch.optim.Optimizer, args: Any, kwargs: Any) -> None:
        """Before a step of an optimizer."""
        gradients = [p.grad for group in optimizer.param_groups for p in group['params'] if p.grad is not None]
        if not gradients:
            return
        self._gradients[name] = largest = _largest(gradients)
        if self.action == 'skip':
            is_finite = torch.isfinite(largest)
            for gradient in gradients:
                gradient.copy_(torch.where(is_finite, gradient, 0))

    def _read(self, runner: Runner) -> None:
        """Looks at the numbers of all steps since the last time, of which one transfer brings all."""
        steps, self._steps = self._steps, []
        names = list(dict.fromkeys(name for step in steps for name in step.numbers))
        # On a GPU numbers of the host are the exception, and one transfer brings all others.
        flat = [step.numbers.get(name, torch.zeros(())).to(self._device) for step in steps for name in names]
        values = iter(torch.stack(flat).tolist() if flat else ())
        for step in steps:
            row = [next(values) for _ in names]
            wrong = [(name, value) for name, value in zip(names, row) if not self._is_right(name, value)]
            if wrong:
                self._act(runner, step, *wrong[0])
            else:
                self._skipped = 0
        if self.action == 'skip' and steps:
            self._mend()

    def _is_right(self, name: str, value: float) -> bool:
        return math.isfinite(value) and not (name == _ALPHA and value > self.most_alpha)

    def _act(self, runner: Runner, step: _Step, name: str, value: float) -> None:
        seen = '; '.join(f'{what} images: {_names(s)}'.strip() for what, s in step.batches.items())
        where = f'{name} is {value:g} in epoch {step.epoch}, iteration {step.iteration}'
        where += f' ({seen})' if seen else ''
        advice = 'lower the learning rate (optim_wrapper.optimizer.lr) or look at the images'
        if name == _ALPHA:
            raise DivergedError(
                f'{where}, more than FiniteLossHook.most_alpha={self.most_alpha:g}, so the run ends; lower '
                'optim_wrapper.arch.optimizer.lr'
            )
        self._skipped += 1
        if self.action == 'stop':
            raise DivergedError(f'{where}, so the run ends; {advice}')
        if self._skipped >= self.most_skipped:
            raise DivergedError(f'{where}, the last of {self._skipped} steps in a row, so the run ends; {advice}')
        runner.logger.warning(f'{where}, so the step is skipped')

    def _mend(self) -> None:
        """Keeps finite running statistics, and puts those back that no longer are."""
        for buffer, kept in zip(self._buffers, self._kept):
            is_finite = torch.isfinite(buffer).all()
            kept.copy_(torch.where(is_finite, buffer, kept))
            buffer.copy_(kept)


def _optimizers(wrapper: OptimWrapper) -> Iterator[tuple[str, OptimWrapper]]:
    """The optimizers of a run by name; of a single one that is ``weights``."""
    yield from wrapper.items() if isinstance(wrapper, OptimWrapperDict) else [('weights', wrapper)]


def _named_alphas(runner: Runner) -> list[tuple[str, Tensor]]:
    arch = getattr(unwrap(getattr(runner, 'model', None)), 'arch', None)
    return [] if arch is None else list(arch.alpha().items())


def _alphas(runner: Runner) -> list[Tensor]:
    return [value for _, value in _named_alphas(runner) if value.numel()]


def _largest(tensors: Sequence[Tensor]) -> Tensor:
    """The largest absolute value of several tensors, NaN where there is one."""
    return torch.stack(
        [norm.float() for norm in torch._foreach_norm([t.detach() for t in tensors], float('inf'))]
    ).max()


def _samples(batch: Any) -> Optional[Sequence]:
    """The data samples of a batch, which say what its images are."""
    samples = batch.get('data_samples') if isinstance(batch, Mapping) else None
    return samples if isinstance(samples, (list, tuple)) else None


def _names(samples: Sequence) -> str:
    names = [getattr(each, 'img_path', None) or f'number {getattr(each, "sample_idx", "unknown")}' for each in samples]
    more = f' and {len(names) - _MOST_NAMES} more' if len(names) > _MOST_NAMES else ''
    return f'{", ".join(str(name)[-100:] for name in names[:_MOST_NAMES])}{more}'
