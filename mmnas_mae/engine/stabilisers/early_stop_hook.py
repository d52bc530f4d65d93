"""Early stopping and adaptive regularisation of R-DARTS."""

import math
from pathlib import Path
from typing import Optional, Sequence

from mmengine.dist import barrier, master_only
from mmengine.hooks import CheckpointHook, Hook
from mmengine.runner import Runner

from ...models.checkpoint import read_checkpoint
from ...registry import HOOKS
from ...spaces import Genotype
from ...utils.records import trim_history
from ...utils.unwrap import unwrap
from .budget_hook import BudgetHook
from .hessian_hook import HessianHook

MODES = ('stop', 'simulate', 'adapt')
#: A weight decay multiplied up to the limit may stay below it by rounding.
_NEARLY = 1 - 1e-6


def early_stop_epoch(
    eigenvalues: Sequence[float],
    epoch: int,
    interval: int = 2,
    window: int = 5,
    start: int = 10,
    delta: int = 4,
    factor: float = 1.3,
) -> Optional[int]:
    """Where the search should have stopped, if it should (automl/RobustDARTS: src/utils.py, EVLocalAvg).

    The eigenvalues are averaged over the last ``window`` ones (fewer at the start, three
    of five at least). The latest mean belongs to the epoch in the middle of its window;
    the search should have stopped ``delta`` measurements before that, if the mean has
    since grown by more than ``factor``.

    Args:
        eigenvalues: one for each measurement so far.
        epoch: epoch of the latest, counted from 0.
        interval: epochs from one measurement to the next.
        start: the first epoch that may be returned.

    Returns:
        int: the epoch, ``epoch - interval * (window // 2 + delta)``, or None.
    """
    stop = epoch - interval * (window // 2 + delta)
    least = math.ceil(window / 2)
    means = [_mean(eigenvalues[max(0, n - window) : n]) for n in range(least, len(eigenvalues) + 1)]
    if stop < start or len(means) <= delta:
        return None
    before, now = means[-1 - delta], means[-1]
    return stop if before and now / before > factor else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


@HOOKS.register_module()
class EarlyStopHook(Hook):
    """Acts when the dominant eigenvalue grows (R-DARTS ES and ADA).

    Needs :class:`mmnas_mae.HessianHook`. The rule is :func:`early_stop_epoch`; it is not
    asked in the last epoch. At the first trigger ``genotype_early_stop.json`` gets the
    genotype of the epoch at which the search should have stopped.

    ``stop`` ends the search, with that genotype as ``genotype.json``. ``simulate`` goes on.
    ``adapt`` goes back to the checkpoint of that epoch (weights, architecture, optimizers,
    the multipliers of a budget and eigenvalues), multiplies the weight decay by ``multiplier`` and trains the remaining
    epochs. It does so again and again until the weight decay has reached ``max_weight_decay``,
    which it passes if the multiplier does not hit it (up to rounding); a weight decay of 0 is
    never changed. The published rule compares logarithms, to one digit, and says the same of
    the weight decays of its searches, 3e-4 to 3e-2 or 3e-1. It needs the checkpoints of all epochs,
    that is ``default_hooks.checkpoint.max_keep_ckpts=-1``.

    Args:
        mode: ``stop`` (ES), ``simulate`` or ``adapt`` (ADA).
        window, start, delta, factor: of the rule.
        multiplier: factor of the weight decay.
        max_weight_decay: no more triggers of ``adapt`` once it is reached.

    Raises:
        ValueError: ``mode`` is unknown, ``multiplier`` is not above 1 or ``max_weight_decay`` not above 0.
    """

    # After the schedules have stepped, since it may take them back; before the checkpoint is written.
    priority = 75

    def __init__(
        self,
        mode: str = 'stop',
        window: int = 5,
        start: int = 10,
        delta: int = 4,
        factor: float = 1.3,
        multiplier: float = 10.0,
        max_weight_decay: float = 0.03,
    ) -> None:
        if mode not in MODES:
            raise ValueError(f'EarlyStopHook.mode must be one of {MODES}, got {mode!r}')
        if multiplier <= 1:
            raise ValueError(f'EarlyStopHook.multiplier must be above 1, got {multiplier}')
        if max_weight_decay <= 0:
            raise ValueError(f'EarlyStopHook.max_weight_decay must be above 0, got {max_weight_decay}')
        self.mode = mode
        self.rule = dict(window=window, start=start, delta=delta, factor=factor)
        self.multiplier = multiplier
        self.max_weight_decay = max_weight_decay
        #: Genotype of each measured epoch, counted from 0.
        self._genotypes: dict[int, dict] = {}
        #: Epochs at which the search should have stopped.
        self._triggers: list[int] = []
        self._hessian: Optional[HessianHook] = None

    def before_train(self, runner: Runner) -> None:
        """Finds the eigenvalues; a resumed search that had stopped stays so.

        Raises:
            TypeError: no eigenvalues are measured in this run.
            ValueError: checkpoints that ``adapt`` may need are not kept.
        """
        self._hessian = next((hook for hook in runner.hooks if isinstance(hook, HessianHook)), None)
        if self._hessian is None:
            raise TypeError('EarlyStopHook acts on eigenvalues; add mmnas_mae.HessianHook to default_hooks')
        if self.mode == 'adapt':
            _check_checkpoints(runner)
        if self.mode == 'stop' and self._triggers:
            runner.train_loop.stop_training = True

    def after_train_epoch(self, runner: Runner) -> None:
        """Asks the rule, and acts on the answer."""
        epoch = runner.epoch
        if epoch not in self._hessian.eigenvalues:
            return
        self._genotypes[epoch] = unwrap(runner.model).genotype().to_dict()
        if epoch == runner.max_epochs - 1 or self._done(runner):
            return
        values = [value for _, value in sorted(self._hessian.eigenvalues.items())]
        stop = early_stop_epoch(values, epoch, self._hessian.interval, **self.rule)
        # After a roll-back it may lie before the first measurement that is left.
        if stop is None or stop not in self._genotypes:
            return
        if not self._triggers:
            self._save(runner, 'genotype_early_stop.json', stop)
        self._triggers.append(stop)
        runner.logger.info(f'epoch {epoch + 1}: the eigenvalue grows; the search should have stopped after {stop + 1}')
        if self.mode == 'stop':
            runner.train_loop.stop_training = True
        elif self.mode == 'adapt':
            self._roll_back(runner, stop)

    def _done(self, runner: Runner) -> bool:
        """Whether there will be no more triggers."""
        if self.mode != 'adapt':
            return bool(self._triggers)
        decay = runner.optim_wrapper['weights'].optimizer.param_groups[0]['weight_decay']
        return not decay or decay >= _NEARLY * self.max_weight_decay

    def after_train(self, runner: Runner) -> None:
        """The genotype of a search that was stopped is the one recorded."""
        if self.mode == 'stop' and self._triggers:
            self._save(runner, 'genotype.json', self._triggers[0])

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Saves what has been recorded."""
        checkpoint['early_stop'] = dict(genotypes=dict(self._genotypes), triggers=list(self._triggers))

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Takes it up."""
        if runner._resume and 'early_stop' in checkpoint:
            self._genotypes = dict(checkpoint['early_stop']['genotypes'])
            self._triggers = list(checkpoint['early_stop']['triggers'])

    def _roll_back(self, runner: Runner, epoch: int) -> None:
        """Takes model, optimizers, schedules, multipliers of a budget and eigenvalues back to the end of ``epoch``."""
        path = Path(runner.work_dir, f'epoch_{epoch + 1}.pth')
        groups = runner.optim_wrapper['weights'].optimizer.param_groups
        decays = [group['weight_decay'] * self.multiplier for group in groups]
        # No hook sees it: the random states, and where the data stands, go on from here.
        checkpoint = read_checkpoint(path)
        barrier()  # this file is about to be written anew
        unwrap(runner.model).load_state_dict(checkpoint['state_dict'])
        runner.optim_wrapper.load_state_dict(checkpoint['optimizer'])
        for name, schedulers in runner.param_schedulers.items():
            for scheduler, state in zip(schedulers, checkpoint['param_schedulers'][name]):
                scheduler.load_state_dict(state)
        # The optimizer has new groups by now.
        for group, decay in zip(runner.optim_wrapper['weights'].optimizer.param_groups, decays):
            group['weight_decay'] = decay
        for hook in runner.hooks:
            if isinstance(hook, BudgetHook):
                hook.roll_back(checkpoint)
        self._hessian.eigenvalues = dict(checkpoint['eigenvalues'])
        self._genotypes = {e: genotype for e, genotype in self._genotypes.items() if e <= epoch}
        # The loop goes on with the next epoch.
        runner.train_loop._epoch = epoch
        runner.train_loop._iter = checkpoint['meta']['iter']
        _trim_histories(runner, epoch + 1)
        runner.logger.info(f'back to the end of epoch {epoch + 1}, with a weight decay of {decays[0]:.6g}')

    @master_only
    def _save(self, runner: Runner, name: str, epoch: int) -> None:
        found = Genotype.from_dict(self._genotypes[epoch]).with_meta(seed=runner.seed, epoch=epoch + 1)
        found.save(Path(runner.work_dir, name))


def _check_checkpoints(runner: Runner) -> None:
    hook = next((hook for hook in runner.hooks if isinstance(hook, CheckpointHook)), None)
    if hook is None or not hook.by_epoch or hook.interval != 1 or hook.max_keep_ckpts > 0:
        raise ValueError(
            "EarlyStopHook(mode='adapt') goes back to earlier epochs and needs their checkpoints: set "
            'default_hooks.checkpoint.interval=1 and default_hooks.checkpoint.max_keep_ckpts=-1'
        )


@master_only
def _trim_histories(runner: Runner, epoch: int) -> None:
    """Drops what was written about epochs that are trained again."""
    for path in Path(runner.work_dir).glob('*_history.jsonl'):
        trim_history(path, epoch, runner.logger)
