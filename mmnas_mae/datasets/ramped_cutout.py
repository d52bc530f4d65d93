"""Cutout that comes in gradually (R-DARTS)."""

from typing import Sequence

import numpy as np
import torch

from ..registry import TRANSFORMS


@TRANSFORMS.register_module()
class RampedCutout:
    """Covers a square with probability ``prob * e / (epochs - 1)`` in epoch e (automl/RobustDARTS).

    The centre is uniform over the image, so that a square may be cut by its border.
    :class:`mmnas_mae.SearchSplit` says which epoch it is.

    Args:
        length: side of the square in pixels.
        epochs: epochs of the search.
        prob: the probability in the last epoch.
        pad_val: what it is covered with, one value for each channel; the mean colour is the
            zero of normalised images.

    Raises:
        ValueError: a setting is out of range.
    """

    def __init__(self, length: int, epochs: int, prob: float = 1.0, pad_val: Sequence[int] = (125, 123, 114)) -> None:
        if length < 1 or epochs < 1:
            raise ValueError(f'RampedCutout.length and epochs must be at least 1, got {length} and {epochs}')
        if not 0 <= prob <= 1:
            raise ValueError(f'RampedCutout.prob must lie in [0, 1], got {prob}')
        self.length = length
        self.epochs = epochs
        self.prob = prob
        self.pad_val = tuple(pad_val)
        # Shared memory, so that workers that outlive an epoch see the next one's number.
        self._epoch = torch.zeros(1, dtype=torch.int64).share_memory_()

    def set_epoch(self, epoch: int) -> None:
        """Changes the probability to that of ``epoch``, in running workers too."""
        self._epoch.fill_(epoch)

    @property
    def current_prob(self) -> float:
        """The probability in the current epoch."""
        return self.prob * min(1.0, int(self._epoch) / max(1, self.epochs - 1))

    def __call__(self, results: dict) -> dict:
        """
        Args:
            results: ``img`` (H, W, C), which is copied.
        """
        # Three draws in any case: what comes after must not depend on the epoch.
        chance, row, column = np.random.random(3)
        if chance >= self.current_prob:
            return results
        image = results['img'].copy()
        height, width = image.shape[:2]
        top, left = (int(share * size) - self.length // 2 for share, size in ((row, height), (column, width)))
        image[max(0, top) : max(0, top + self.length), max(0, left) : max(0, left + self.length)] = self.pad_val
        return dict(results, img=image)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(length={self.length}, epochs={self.epochs}, prob={self.prob})'
