"""A jitter of the lighting that stays within the range of the image."""

from typing import Sequence

import numpy as np

from ..registry import TRANSFORMS
from ..utils.ranges import NOT_NEGATIVE


@TRANSFORMS.register_module()
class ClippedLighting:
    """Moves all pixels along the principal components of the colours, clipped to what the type of the image holds.

    As in megvii-model/RLNAS, darts_search_space/imagenet/rlnas/train_supernet/utils.py, after AlexNet. The draws are
    those of mmpretrain's ``Lighting``, which does not clip: in its images of whole numbers 256 becomes 0 and -1 255.

    Args:
        eigval: eigenvalues of the covariance of the pixels, times their unit: 255 for images of 8 bits.
        eigvec: (C, len(eigval)) one row for each channel in the order of the image, eigenvectors as columns.
        alphastd: standard deviation of the draws, one for each eigenvalue.

    Raises:
        ValueError: the shapes do not agree, or ``alphastd`` is negative.
    """

    def __init__(self, eigval: Sequence[float], eigvec: Sequence[Sequence[float]], alphastd: float = 0.1) -> None:
        self.eigval = np.asarray(eigval, dtype=float)
        self.eigvec = np.asarray(eigvec, dtype=float)
        self.alphastd = alphastd
        if self.eigval.ndim != 1 or self.eigvec.ndim != 2 or self.eigvec.shape[1] != len(self.eigval):
            raise ValueError(
                'ClippedLighting.eigvec must have a row for each channel and a column for each of the eigenvalues, got '
                f'{self.eigvec.shape} for {self.eigval.shape}'
            )
        NOT_NEGATIVE.check('ClippedLighting.alphastd', alphastd)

    def __call__(self, results: dict) -> dict:
        """
        Args:
            results: ``img`` (H, W, C), which keeps its type and is copied.
        """
        image = results['img']
        draws = np.random.normal(0, self.alphastd, len(self.eigval))
        jittered = image + (self.eigvec * draws * self.eigval).sum(axis=1)
        if np.issubdtype(image.dtype, np.integer):
            limits = np.iinfo(image.dtype)
            jittered = jittered.clip(limits.min, limits.max)
        return dict(results, img=jittered.astype(image.dtype))

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(eigval={self.eigval.tolist()}, eigvec={self.eigvec.tolist()}, '
            f'alphastd={self.alphastd})'
        )
