"""RLNAS: search by random labels."""

from typing import Optional, Sequence

import numpy as np
import torch
from torch import Tensor

from ...registry import MODELS
from ..kernels.transfer import to_device
from .predictive_search import PredictiveSearch


@MODELS.register_module()
class RandomLabelSearch(PredictiveSearch):
    """Search by labels that are drawn once for each image (RLNAS; megvii-model/RLNAS: train_supernet).

    The label of an image depends on the seed and its ``sample_idx`` alone: it is the same
    in every epoch, batch, rank and augmentation. Reads no real label.

    Args:
        backbone, head, label_smooth, data_preprocessor, init_cfg: as in
            :class:`PredictiveSearch`; the head says ``num_classes``.
        seed: seed of the labels.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        seed: int = 0,
        label_smooth: float = 0.0,
        data_preprocessor: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(backbone, head, label_smooth, data_preprocessor, init_cfg)
        self.seed = seed

    def label(self, sample_idx: int) -> int:
        """The label of an image, all classes being equally likely."""
        word = np.random.SeedSequence((self.seed % 2**63, sample_idx % 2**63)).generate_state(1)[0]
        return int(word) % self.head.num_classes

    def task(
        self, inputs: Tensor, data_samples: Optional[Sequence], keys: Optional[Sequence[int]] = None
    ) -> tuple[Tensor, Tensor]:
        """The images and their random labels (B,).

        Raises:
            ValueError: a sample does not say which image it is.
        """
        if not data_samples or any('sample_idx' not in sample for sample in data_samples):
            raise ValueError(
                'RandomLabelSearch draws a label for each image, by its sample_idx, which the samples lack: keep '
                "'sample_idx' among meta_keys of mmnas_mae.PackImages"
            )
        labels = [self.label(int(sample.sample_idx)) for sample in data_samples]
        return inputs, to_device(torch.tensor(labels), inputs.device)
