"""Scheduled drop path."""

from mmengine.hooks import Hook
from mmengine.runner import Runner

from ..models import DARTSNetwork
from ..registry import HOOKS


@HOOKS.register_module()
class DropPathHook(Hook):
    """Raises the drop path probability linearly from 0 (NASNet; quark0/darts: cnn/train.py).

    In epoch e of E it is ``prob * e / E``.

    Args:
        prob: the probability that the end of training approaches.
    """

    def __init__(self, prob: float) -> None:
        if not 0 <= prob < 1:
            raise ValueError(f'DropPathHook.prob must lie in [0, 1), got {prob}')
        self.prob = prob

    def before_train_epoch(self, runner: Runner) -> None:
        """Sets the probability of every network of cells."""
        for module in runner.model.modules():
            if isinstance(module, DARTSNetwork):
                module.drop_path_prob = self.prob * runner.epoch / runner.max_epochs
