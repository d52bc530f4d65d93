"""Cutout with the geometry of DARTS."""

from typing import Sequence

import numpy as np

from ..registry import TRANSFORMS


@TRANSFORMS.register_module()
class BorderCutout:
    """Covers a square around a uniform centre, which the border may cut (quark0/darts: cnn/utils.py).

    On images of 32 pixels a square of 16 covers 196 of the 1,024 in the mean. The ``Cutout`` of
    mmpretrain moves a square that would reach beyond the upper left border back inside: 227.

    Args:
        length: side of the square in pixels.
        prob: probability with which an image is covered.
        pad_val: what it is covered with, one value for each channel; the mean colour is the
            zero of normalised images.

    Raises:
        ValueError: a setting is out of range.
    """

    def __init__(self, length: int, prob: float = 1.0, pad_val: Sequence[int] = (125, 123, 114)) -> None:
        if length < 1:
            raise ValueError(f'{type(self).__name__}.length must be at least 1, got {length}')
        if not 0 <= prob <= 1:
            raise ValueError(f'{type(self).__name__}.prob must lie in [0, 1], got {prob}')
        self.length = length
        self.prob = prob
        self.pad_val = tuple(pad_val)

    @property
    def current_prob(self) -> float:
        """The probability now."""
        return self.prob

    def __call__(self, results: dict) -> dict:
        """
        Args:
            results: ``img`` (H, W, C), which is copied.
        """
        # Three draws in any case: what comes after must not depend on the probability.
        chance, row, column = np.random.random(3)
        if chance >= self.current_prob:
            return results
        image = results['img'].copy()
        height, width = image.shape[:2]
        top, left = (int(share * size) - self.length // 2 for share, size in ((row, height), (column, width)))
        image[max(0, top) : max(0, top + self.length), max(0, left) : max(0, left + self.length)] = self.pad_val
        return dict(results, img=image)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(length={self.length}, prob={self.prob})'
