"""The last step of a search pipeline."""

from typing import Sequence

import numpy as np
import torch
from mmengine.structures import BaseDataElement

from ..registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackImages:
    """Packs an image and where it came from, and nothing else.

    mmpretrain's PackInputs also packs ``gt_label`` when there is one. This transform
    looks up no key but ``img`` and ``meta_keys``, so that a search sees no label unless
    it asks for it.

    Args:
        meta_keys: keys that are kept as meta information where they exist.
        with_label: whether to look up and pack ``gt_label``, for supervised searches.
    """

    def __init__(
        self,
        meta_keys: Sequence[str] = ('sample_idx', 'img_path', 'ori_shape', 'img_shape'),
        with_label: bool = False,
    ) -> None:
        self.meta_keys = tuple(meta_keys)
        self.with_label = with_label

    def __call__(self, results: dict) -> dict:
        """
        Args:
            results: ``img`` (H, W, C) uint8, or (H, W) of one channel, and ``gt_label``, a whole number, if it is
                asked for.

        Returns:
            dict: ``inputs`` (C, H, W) uint8 and ``data_samples``, a BaseDataElement, with
            ``gt_label`` (1,) int64 if it is asked for.

        Raises:
            ValueError: there is no image, or no label where one is asked for.
            TypeError: the image is not (H, W, C) uint8, or the label no whole number.
        """
        if 'img' not in results:
            raise ValueError("PackImages found no 'img'; the pipeline must load it first, e.g. by LoadImageFromFile")
        image = results['img']
        if isinstance(image, np.ndarray) and image.ndim == 2:
            # OpenCV drops the channel of grey images.
            image = image[..., None]
        if not (isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3):
            got = f'{image.dtype} of shape {image.shape}' if isinstance(image, np.ndarray) else type(image).__name__
            raise TypeError(
                f'PackImages expects an HxWxC uint8 image, got {got}; normalisation belongs to the data_preprocessor'
            )
        # ascontiguousarray before permute: flips leave negative strides, which torch does not take.
        inputs = torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1).contiguous()
        meta = {key: results[key] for key in self.meta_keys if key in results}
        sample = BaseDataElement(metainfo=meta)
        if self.with_label:
            sample.gt_label = self._label(results)
        return dict(inputs=inputs, data_samples=sample)

    @staticmethod
    def _label(results: dict) -> torch.Tensor:
        if 'gt_label' not in results:
            raise ValueError(
                "PackImages(with_label=True) found no 'gt_label'; the data set must read labels "
                '(label_column of ParquetImages, with_label=True of CustomDataset)'
            )
        label = results['gt_label']
        if not isinstance(label, (int, np.integer)):
            raise TypeError(f'PackImages(with_label=True) expects one whole number as gt_label, got {label!r}')
        return torch.tensor([int(label)])

    def __repr__(self) -> str:
        return f'{type(self).__name__}(meta_keys={self.meta_keys}, with_label={self.with_label})'
