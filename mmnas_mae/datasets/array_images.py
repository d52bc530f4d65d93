"""A data set of small images as one array in memory."""

from typing import Any, Optional, Sequence, Union

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from ..registry import DATASETS
from .pack_images import PackImages


@DATASETS.register_module()
class ArrayImages(Dataset):
    """Decodes every image of a data set once and holds them as one uint8 tensor.

    It takes the place of the data set inside :class:`mmnas_mae.SearchSplit` together with
    :class:`mmnas_mae.SearchDataPreprocessor`, which crops and flips whole batches: no
    sample passes through a pipeline, and forked workers share the tensor.

    Args:
        dataset: the data set, a config or an object, without pipeline; its samples hold
            ``img``, as those of ParquetImages and of mmpretrain's CIFAR10 do, all of one size.
        with_label: whether samples carry ``gt_label``, for supervised searches.
        pipeline: must stay empty; here only for a clear message.

    Attributes:
        images (Tensor): (N, C, H, W) uint8.

    Raises:
        ValueError: there is a pipeline, or the images differ in size.
    """

    #: A sample depends on its index alone.
    deterministic = True

    def __init__(
        self, dataset: Union[dict, Dataset], with_label: bool = False, pipeline: Optional[Sequence] = None
    ) -> None:
        inner = dataset.get('pipeline') if isinstance(dataset, dict) else None
        if pipeline or inner:
            raise ValueError(
                'ArrayImages runs no pipeline, since its images are decoded once; crop and flip belong to '
                'data_preprocessor=dict(type="mmnas_mae.SearchDataPreprocessor")'
            )
        source = DATASETS.build(dict(dataset, pipeline=[])) if isinstance(dataset, dict) else dataset
        if hasattr(source, 'full_init'):
            source.full_init()
        self.metainfo = getattr(source, 'metainfo', {})
        self._pack = PackImages(with_label=with_label)
        self._infos: list[dict] = []
        self.images = self._decode(source)

    def _decode(self, source: Any) -> Tensor:
        images = None
        for i in range(len(source)):
            info = dict(source.get_data_info(i))
            image = info.pop('img')
            if images is None:
                images = np.empty((len(source), *image.shape), np.uint8)
            if image.shape != images.shape[1:]:
                raise ValueError(
                    f'ArrayImages needs images of one size; the first has {images.shape[1:3]}, '
                    f'image {i} has {image.shape[:2]}'
                )
            images[i] = image
            info['sample_idx'] = i
            self._infos.append(info)
        return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().share_memory_()

    def get_data_info(self, idx: int) -> dict:
        """The entry of a sample, with its image (H, W, C) as ``img``."""
        return dict(self._infos[idx], img=self.images[idx].permute(1, 2, 0).numpy())

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, idx: int) -> dict:
        """``inputs`` (C, H, W) uint8 and ``data_samples``, as PackImages gives them."""
        return self._pack(self.get_data_info(idx))
