"""What an objective says of one image: the keys that metrics, scorers and pictures read."""

from typing import NamedTuple, Sequence

from mmengine.structures import BaseDataElement
from torch import Tensor

#: The loss of the image, 0-dimensional. Every objective gives it.
LOSS = 'loss'
#: The share of the questions about the image that were answered right, 0-dimensional.
CORRECT = 'correct'
#: Mean absolute error of its masked pixels, normalised, whatever the loss, 0-dimensional.
L1 = 'l1'
#: The image (C, H, W), what was made of it (C, H, W), both normalised, and its mask (1, H, W), 1 = masked.
IMAGE, RECONSTRUCTION, MASK = PICTURE = 'image', 'reconstruction', 'mask'

#: Keys that measure, of which means are taken.
MEASURES = frozenset({LOSS, L1, CORRECT})


class Score(NamedTuple):
    """A key and the sign that makes more of it better."""

    key: str
    sign: int


#: Scores of an image by name; the first that an objective gives is its own.
SCORES = dict(accuracy=Score(CORRECT, 1), loss=Score(LOSS, -1), l1=Score(L1, -1))


def predictions(samples: Sequence, loss: Tensor, **others: Tensor) -> list[BaseDataElement]:
    """One result for each image, which is what ``SearchModel.predict`` returns.

    Args:
        samples: B samples, whose meta information is kept.
        loss (Tensor): (B,).
        others: what else the objective says, by the keys of this module, (B, ...) each.
    """
    named = {LOSS: loss, **others}
    return [
        BaseDataElement(metainfo=sample.metainfo, **dict(zip(named, values)))
        for sample, *values in zip(samples, *named.values())
    ]
