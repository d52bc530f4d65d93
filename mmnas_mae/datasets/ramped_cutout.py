"""Cutout that comes in gradually (R-DARTS)."""

from typing import Sequence

import torch

from ..registry import TRANSFORMS
from ..utils.ranges import COUNT
from .border_cutout import BorderCutout


@TRANSFORMS.register_module()
class RampedCutout(BorderCutout):
    """A :class:`BorderCutout` with probability ``prob * e / (epochs - 1)`` in epoch e (R-DARTS).

    :class:`mmnas_mae.SearchSplit` says which epoch it is.

    Args:
        length, pad_val: as in :class:`BorderCutout`.
        epochs: epochs of the search.
        prob: the probability in the last epoch.

    Raises:
        ValueError: a setting is out of range.
    """

    def __init__(self, length: int, epochs: int, prob: float = 1.0, pad_val: Sequence[int] = (125, 123, 114)) -> None:
        COUNT.check('RampedCutout.epochs', epochs)
        super().__init__(length, prob, pad_val)
        self.epochs = epochs
        # Shared memory, so that workers that outlive an epoch see the next one's number.
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()

    def set_epoch(self, epoch: int) -> None:
        """Changes the probability to that of ``epoch``, in running workers too."""
        self._epoch.fill_(epoch)

    @property
    def current_prob(self) -> float:
        """The probability in the current epoch."""
        return self.prob * min(1.0, int(self._epoch) / max(1, self.epochs - 1))

    def __repr__(self) -> str:
        return f'{type(self).__name__}(length={self.length}, epochs={self.epochs}, prob={self.prob})'
