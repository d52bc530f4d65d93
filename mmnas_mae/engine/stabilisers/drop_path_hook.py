"""Scheduled drop path."""

from torch import nn

from ...models import BaseNetwork
from ...registry import HOOKS
from .epoch_schedule_hook import EpochScheduleHook, linear


@HOOKS.register_module()
class DropPathHook(EpochScheduleHook):
    """Changes the drop path probability linearly (NASNet; quark0/darts: cnn/train.py).

    In epoch e of E it is ``start + (prob - start) * e / E``, or with ``E - 1`` in place of E with
    ``reach_end``. In a search network every edge may be dropped (R-DARTS).

    Args:
        prob: the probability that the end of training approaches.
        reach_end: whether the last epoch has ``prob`` itself, as in R-DARTS.
        start: the probability in the first epoch; SNAS keeps one, with ``start`` and ``prob`` equal.

    Raises:
        ValueError: ``prob`` or ``start`` is no probability below 1.
    """

    def __init__(self, prob: float, reach_end: bool = False, start: float = 0.0) -> None:
        for name, value in dict(prob=prob, start=start).items():
            if not 0 <= value < 1:
                raise ValueError(f'DropPathHook.{name} must lie in [0, 1), got {value}')
        self.prob = prob
        self.start = start
        self.reach_end = reach_end

    def value(self, epoch: int, max_epochs: int) -> float:
        """The probability in an epoch."""
        if self.reach_end:
            return linear(self.start, self.prob, epoch, max_epochs)
        return self.start + (self.prob - self.start) * epoch / max_epochs

    def apply(self, model: nn.Module, value: float) -> None:
        """Sets the probability of every network that drops paths.

        Raises:
            TypeError: there is none.
        """
        networks = [module for module in model.modules() if isinstance(module, BaseNetwork)]
        dropping = [network for network in networks if network.drop_path_prob is not None]
        if not dropping:
            names = ', '.join(type(network).__name__ for network in networks) or type(model).__name__
            raise TypeError(
                'DropPathHook needs a mmnas_mae.models.BaseNetwork whose drop_path_prob is a number, as that of '
                f'DARTSSupernet and GenotypeBackbone, got {names}'
            )
        for network in dropping:
            network.drop_path_prob = value
