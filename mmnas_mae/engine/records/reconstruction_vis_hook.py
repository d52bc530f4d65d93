"""Pictures of what the search reconstructs."""

from typing import Any, Optional, Sequence

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner

from ...registry import HOOKS
from ...utils.images import reconstruction_grid
from ...utils.ranges import COUNT
from ...utils.unwrap import unwrap


@HOOKS.register_module()
class ReconstructionVisHook(Hook):
    """Sends a grid original / masked / reconstructed of the first held-out images to the visualizer.

    Without effect on objectives that reconstruct nothing.

    Args:
        num_images: columns of the grid.
        interval: validations between two grids.

    Raises:
        ValueError: an argument is below 1.
    """

    def __init__(self, num_images: int = 8, interval: int = 1) -> None:
        COUNT.check('ReconstructionVisHook.num_images', num_images)
        COUNT.check('ReconstructionVisHook.interval', interval)
        self.num_images = num_images
        self.interval = interval
        self._validations = 0

    def after_val_iter(
        self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Optional[Sequence] = None
    ) -> None:
        """Draws from the first batch."""
        if batch_idx != 0:
            return
        self._validations += 1
        if (self._validations - 1) % self.interval or not outputs or 'reconstruction' not in outputs[0]:
            return
        preprocessor = unwrap(runner.model).data_preprocessor
        samples = outputs[: self.num_images]
        images, masks, reconstructions = (
            torch.stack([getattr(sample, name) for sample in samples]) for name in ('image', 'mask', 'reconstruction')
        )
        grid = reconstruction_grid(images, masks, reconstructions, preprocessor.mean, preprocessor.std)
        runner.visualizer.add_image('reconstruction', grid, step=runner.epoch)
