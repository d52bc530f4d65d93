"""A run that has come to nothing ends."""

import math
from typing import Any, Mapping, Optional

from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from ...registry import HOOKS


@HOOKS.register_module()
class FiniteLossHook(Hook):
    """Ends a run in the step in which a loss is NaN or infinite, before another checkpoint is written.

    Raises:
        RuntimeError: names the loss, the epoch and the step.
    """

    priority = 'VERY_HIGH'

    def after_train_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Optional[Mapping[str, Any]] = None
    ) -> None:
        """Looks at what the step has logged; MMEngine reads these numbers in every step anyway."""
        for name, value in (outputs or {}).items():
            if 'loss' not in name:
                continue
            number = value.item() if isinstance(value, Tensor) else float(value)
            if not math.isfinite(number):
                raise RuntimeError(
                    f'{name} is {number} in epoch {runner.epoch + 1}, step {runner.iter + 1}, so the run ends; '
                    'lower the learning rate (optim_wrapper.optimizer.lr) or look at the images'
                )
