"""An objective of your own: is the image upside down?"""

from typing import Optional, Sequence

import torch
from torch import Tensor

from mmnas_mae.models import PredictiveSearch
from mmnas_mae.registry import MODELS


@MODELS.register_module()
class UpsideDownSearch(PredictiveSearch):
    """Search by telling whether an image stands on its head; reads no label.

    Args:
        backbone: the search network.
        head: the classifier; its ``num_classes`` is filled in.
        **kwargs: of :class:`mmnas_mae.models.PredictiveSearch`.
    """

    def __init__(self, backbone: dict, head: dict, **kwargs) -> None:
        super().__init__(backbone, dict(head, num_classes=2), **kwargs)

    def task(
        self, inputs: Tensor, data_samples: Optional[Sequence], keys: Optional[Sequence[int]] = None
    ) -> tuple[Tensor, Tensor]:
        """Each image as it is and upside down, (2B, 3, H, W), and which is which, (2B,)."""
        images = torch.stack([inputs, inputs.flip(2)], dim=1).flatten(0, 1)
        return images, torch.arange(2, device=inputs.device).repeat(len(inputs))
