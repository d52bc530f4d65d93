"""UnNAS with rotations."""

from typing import Optional, Sequence

import torch
from torch import Tensor

from ...registry import MODELS
from .predictive_search import PredictiveSearch


@MODELS.register_module()
class RotationSearch(PredictiveSearch):
    """Search by telling by which of four angles an image is turned (facebookresearch/unnas: task ``rot``).

    Each image is shown in all four positions, so a step costs that of a batch four times
    as large. Reads no label.

    Args:
        backbone, head, label_smooth, data_preprocessor, init_cfg: as in
            :class:`PredictiveSearch`; ``num_classes`` of the head is filled in.
    """

    def __init__(
        self,
        backbone: dict,
        head: dict,
        label_smooth: float = 0.0,
        data_preprocessor: Optional[dict] = None,
        init_cfg: Optional[dict] = None,
    ) -> None:
        super().__init__(backbone, dict(head, num_classes=4), label_smooth, data_preprocessor, init_cfg)

    def task(
        self, inputs: Tensor, data_samples: Optional[Sequence], keys: Optional[Sequence[int]] = None
    ) -> tuple[Tensor, Tensor]:
        """Each image after 0, 1, 2 and 3 quarter turns to the left: (4B, 3, H, W), (4B,).

        Raises:
            ValueError: the images are not square.
        """
        if inputs.shape[-1] != inputs.shape[-2]:
            raise ValueError(f'RotationSearch needs square images, got {inputs.shape[-2]}x{inputs.shape[-1]} pixels')
        turned = torch.stack([inputs.rot90(turns, (2, 3)) for turns in range(4)], dim=1)
        return turned.flatten(0, 1), torch.arange(4, device=inputs.device).repeat(len(inputs))
