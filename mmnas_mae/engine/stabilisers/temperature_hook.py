"""The temperature of a relaxation that draws."""

from torch import nn

from ...registry import HOOKS
from .epoch_schedule_hook import EpochScheduleHook, linear


@HOOKS.register_module()
class TemperatureHook(EpochScheduleHook):
    """Lowers the temperature linearly, from ``start`` in the first epoch to ``end`` in the last (GDAS).

    Args:
        start, end: temperatures; 10 and 0.1 in GDAS.

    Raises:
        ValueError: a temperature is not positive.
    """

    def __init__(self, start: float = 10.0, end: float = 0.1) -> None:
        if start <= 0 or end <= 0:
            raise ValueError(f'TemperatureHook.start and end must be positive, got {start} and {end}')
        self.start = start
        self.end = end

    def value(self, epoch: int, max_epochs: int) -> float:
        """The temperature in an epoch."""
        return linear(self.start, self.end, epoch, max_epochs)

    def apply(self, model: nn.Module, value: float) -> None:
        """Sets the temperature of the relaxation.

        Raises:
            TypeError: the relaxation has none.
        """
        if model.arch.temperature is None:
            raise TypeError(
                'TemperatureHook needs a relaxation with a temperature, such as mmnas_mae.GumbelRelaxation, got '
                f'{model.arch.rule}'
            )
        model.arch.temperature.fill_(value)
