"""The supervised twin of MAE-NAS: DARTS as published."""

from typing import Optional, Sequence

from torch import Tensor

from ...registry import MODELS
from .predictive_search import PredictiveSearch, read_labels


@MODELS.register_module()
class ClassificationSearch(PredictiveSearch):
    """Search by the labels of the images (DARTS, paper eq. 1).

    With ``DARTSSupernet`` in S0 at C=16, 8 layers, and ``LinearHead`` with 10 classes it
    is the published network of 1,930,618 parameters (architecture not counted).

    Args:
        backbone, head, label_smooth, data_preprocessor, init_cfg: as in
            :class:`PredictiveSearch`; the head says ``num_classes``.
    """

    def task(
        self, inputs: Tensor, data_samples: Optional[Sequence], keys: Optional[Sequence[int]] = None
    ) -> tuple[Tensor, Tensor]:
        """The images and their labels (B,)."""
        return inputs, read_labels(data_samples, inputs.device)
