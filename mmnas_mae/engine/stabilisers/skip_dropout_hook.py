"""The dropout behind skip connections."""

import math

from torch import nn

from ...models import SkipDropoutMixedOp
from ...registry import HOOKS
from .epoch_schedule_hook import EpochScheduleHook


@HOOKS.register_module()
class SkipDropoutHook(EpochScheduleHook):
    """Lets the dropout of P-DARTS decay (chenxin061/pdarts: train_search.py).

    In epoch e of E, while alpha rests for the first F, the rate is ``prob * (E - e - 1) / E``;
    then it is ``prob * exp(-decay * (e - F))``.

    Args:
        prob: the rate to start from; 0.1, 0.4 and 0.7 in the three stages of P-DARTS.
        frozen_epochs: F, as ``BilevelHook.warmup_epochs``.
        decay: how fast the rate falls once alpha moves.

    Raises:
        ValueError: ``prob`` is no probability below 1.
    """

    def __init__(self, prob: float, frozen_epochs: int = 10, decay: float = 0.2) -> None:
        if not 0 <= prob < 1:
            raise ValueError(f'SkipDropoutHook.prob must lie in [0, 1), got {prob}')
        self.prob = prob
        self.frozen_epochs = frozen_epochs
        self.decay = decay

    def value(self, epoch: int, max_epochs: int) -> float:
        """The rate in an epoch."""
        if epoch < self.frozen_epochs:
            return self.prob * (max_epochs - epoch - 1) / max_epochs
        return self.prob * math.exp(-self.decay * (epoch - self.frozen_epochs))

    def apply(self, model: nn.Module, value: float) -> None:
        """Sets the rate on every edge.

        Raises:
            TypeError: no edge drops its skip connection.
        """
        edges = [module for module in model.modules() if isinstance(module, SkipDropoutMixedOp)]
        if not edges:
            raise TypeError("SkipDropoutHook needs model.backbone.connection=dict(type='mmnas_mae.SkipDropoutMixedOp')")
        for edge in edges:
            edge.dropout = value
