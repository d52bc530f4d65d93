"""A reconstruction target of your own: brightness alone."""

from torch import Tensor

from mmnas_mae.models import ReconstructionTarget
from mmnas_mae.registry import MODELS


@MODELS.register_module()
class LuminanceTarget(ReconstructionTarget):
    """The mean over the channels of each masked pixel: colour is left out."""

    def out_channels(self, image_channels: int) -> int:
        """One channel, whatever the images have; the decoder gives as many."""
        return 1

    def __call__(self, reconstruction: Tensor, images: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """(B, 1, H, W), (B, 3, H, W) and (B, 1, H, W) -> signed errors (B, 1, H, W), and where they count."""
        return reconstruction - images.mean(dim=1, keepdim=True), mask
