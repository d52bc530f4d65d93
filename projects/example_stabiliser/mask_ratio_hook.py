"""A stabiliser of your own: a task that grows harder."""

from torch import nn

from mmnas_mae.engine import EpochScheduleHook
from mmnas_mae.engine.stabilisers.epoch_schedule_hook import linear
from mmnas_mae.registry import HOOKS


@HOOKS.register_module()
class MaskRatioHook(EpochScheduleHook):
    """Raises the share of masked patches linearly, from ``start`` in the first epoch to ``end`` in the last.

    Args:
        start, end: shares in (0, 1).
    """

    def __init__(self, start: float = 0.25, end: float = 0.75) -> None:
        self.start = start
        self.end = end

    def value(self, epoch: int, max_epochs: int) -> float:
        """The share in an epoch."""
        return linear(self.start, self.end, epoch, max_epochs)

    def apply(self, model: nn.Module, value: float) -> None:
        """Sets the share.

        Raises:
            TypeError: the objective masks nothing.
        """
        generator = getattr(model, 'mask_generator', None)
        if generator is None:
            raise TypeError(f'MaskRatioHook needs an objective that masks images, got {type(model).__name__}')
        generator.ratio = value
