"""Which patches of an image are masked."""

from typing import Iterable, Optional

import torch
from torch import Tensor

from ...registry import MODELS
from ...utils.errors import shorten
from ...utils.ranges import COUNT, Range
from ...utils.seeding import stream_seed
from ..kernels.transfer import to_device


@MODELS.register_module()
class PatchMaskGenerator:
    """Patch-aligned random masks with an exact count of masked patches for each image.

    As the mask generator of SimMIM: ``ceil(ratio * patches)`` patches of each image
    are masked, every choice of patches being equally likely. The generator owns its
    random state, so that masks depend neither on the data pipeline nor on other draws.

    Args:
        patch_size: side of a patch in pixels; must divide the image.
        ratio: share of masked patches, in (0, 1).
        seed: seed of keyed masks, and of the others until :class:`mmnas_mae.RandomStateHook`
            seeds them from (seed of the run, rank).

    Raises:
        ValueError: ``ratio`` or ``patch_size`` lies outside its range.
    """

    def __init__(self, patch_size: int, ratio: float, seed: int = 0) -> None:
        Range(float, 0, above=True, below=1).check('mask_generator.ratio', ratio)
        COUNT.check('mask_generator.patch_size', patch_size)
        self.patch_size = patch_size
        self.ratio = ratio
        self.seed = seed
        self.generator = torch.Generator().manual_seed(seed)

    def __call__(self, images: Tensor, keys: Optional[Iterable[int]] = None) -> Tensor:
        """Draws a mask for each image.

        Args:
            images (Tensor): (B, C, H, W); only shape and device matter.
            keys: one whole number for each image. The mask of an image is then a
                function of (seed, key) alone, which is what held-out scores need.

        Returns:
            Tensor: (B, 1, H, W), 1 = masked, 0 = visible, of the images' dtype.

        Raises:
            ValueError: the image is smaller than a patch or no multiple of it, or
                the ratio would mask every patch.
        """
        batch, _, height, width = images.shape
        rows, cols = height // self.patch_size, width // self.patch_size
        if rows * self.patch_size != height or cols * self.patch_size != width:
            raise ValueError(
                f'images of {height}x{width} pixels cannot be cut into patches of {shorten(str(self.patch_size))}; '
                'mask_generator.patch_size must divide both sides'
            )
        patches = rows * cols
        # The rounding keeps 0.28 * 25 = 7.000000000000001 from masking an eighth patch.
        count = max(1, -int(-round(self.ratio * patches, 6) // 1))
        if count >= patches:
            raise ValueError(
                f'mask_generator.ratio {self.ratio} masks all {patches} patches of a {height}x{width} image; '
                'lower it or the patch_size'
            )
        if keys is None:
            noise = torch.rand(batch, patches, generator=self.generator)
        else:
            noise = torch.stack([self._keyed_noise(int(key), patches) for key in keys])
        mask = torch.zeros(batch, patches)
        mask.scatter_(1, noise.argsort(dim=1)[:, :count], 1.0)
        mask = to_device(mask.to(images.dtype), images.device).view(batch, 1, rows, 1, cols, 1)
        return mask.expand(-1, -1, -1, self.patch_size, -1, self.patch_size).reshape(batch, 1, height, width)

    def _keyed_noise(self, key: int, patches: int) -> Tensor:
        return torch.rand(patches, generator=torch.Generator().manual_seed(stream_seed(self.seed, key)))
