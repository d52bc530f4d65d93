"""The losses of a run in its log, without waiting for the device in every step."""

from typing import Any, Mapping, Optional

from mmengine.hooks import RuntimeInfoHook
from mmengine.runner import Runner

from ...registry import HOOKS
from ..deferred_scalars import log_interval, log_scalar, read_scalars


@HOOKS.register_module()
class DeferredInfoHook(RuntimeInfoHook):
    """MMEngine's ``RuntimeInfoHook``, whose losses are read from the device only when they are logged.

    That is where :class:`mmengine.hooks.LoggerHook` writes its line, at the end of an epoch and of training. All
    values of all steps reach the log all the same, so means over a window are what they were.
    """

    def __init__(self) -> None:
        self._interval = 1

    def before_train(self, runner: Runner) -> None:
        """As RuntimeInfoHook; finds out how often the log is written."""
        super().before_train(runner)
        self._interval = log_interval(runner)

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Optional[Mapping[str, Any]] = None
    ) -> None:
        """Keeps the losses of the step, and reads all where the log is written."""
        for name, value in (outputs or {}).items():
            log_scalar(runner.message_hub, f'train/{name}', value)
        if self.every_n_inner_iters(batch_idx, self._interval) or self.end_of_epoch(runner.train_dataloader, batch_idx):
            read_scalars(runner.message_hub)

    def after_train(self, runner: Runner) -> None:
        """As RuntimeInfoHook; nothing is left unread."""
        super().after_train(runner)
        read_scalars(runner.message_hub)
