"""The weight of the auxiliary skip connection."""

from mmengine.runner import Runner
from torch import nn

from ...models import AuxiliarySkipMixedOp
from ...registry import HOOKS
from ...utils.unwrap import unwrap
from .epoch_schedule_hook import EpochScheduleHook


@HOOKS.register_module()
class AuxiliarySkipHook(EpochScheduleHook):
    """Lets the auxiliary skip of DARTS- decay linearly to zero (Meituan-AutoML/DARTS-: src/utils.py).

    In epoch e of E its weight is ``base * (E - e) / E``. Behind an epoch it is already that
    of the next one, so the network is validated and left without it at the end.

    Args:
        base: the weight in the first epoch.
    """

    # After what measures the network of this epoch, before the checkpoint.
    priority = 'LOW'

    def __init__(self, base: float = 1.0) -> None:
        self.base = base

    def value(self, epoch: int, max_epochs: int) -> float:
        """The weight in an epoch."""
        return self.base * (max_epochs - epoch) / max_epochs

    def apply(self, model: nn.Module, value: float) -> None:
        """Sets the weight on every edge.

        Raises:
            TypeError: no edge has an auxiliary skip.
        """
        edges = [module for module in model.modules() if isinstance(module, AuxiliarySkipMixedOp)]
        if not edges:
            raise TypeError(
                "AuxiliarySkipHook needs model.backbone.connection=dict(type='mmnas_mae.AuxiliarySkipMixedOp')"
            )
        for edge in edges:
            edge.beta.fill_(value)

    def after_train_epoch(self, runner: Runner) -> None:
        """Sets the weight of the next epoch."""
        self.apply(unwrap(runner.model), self.value(runner.epoch + 1, runner.max_epochs))
