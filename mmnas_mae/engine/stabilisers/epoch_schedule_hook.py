"""What hooks that change a setting from epoch to epoch have in common."""

from abc import abstractmethod

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import nn

from ...utils.unwrap import unwrap


class EpochScheduleHook(Hook):
    """Sets a value of the model before each epoch, as a function of the epoch alone.

    Nothing needs to be saved: a resumed run computes the value anew.
    """

    @abstractmethod
    def value(self, epoch: int, max_epochs: int) -> float:
        """The value in an epoch, counted from 0."""

    @abstractmethod
    def apply(self, model: nn.Module, value: float) -> None:
        """Sets the value.

        Raises:
            TypeError: the model has nothing that it could be set on.
        """

    def before_train_epoch(self, runner: Runner) -> None:
        """Sets the value of this epoch."""
        self.apply(unwrap(runner.model), self.value(runner.epoch, runner.max_epochs))


def linear(start: float, end: float, epoch: int, max_epochs: int) -> float:
    """From ``start`` in the first epoch to ``end`` in the last one."""
    return start + (end - start) * epoch / max(1, max_epochs - 1)
