"""Held-out reconstruction loss."""

from typing import Any, Optional, Sequence

import torch
from mmengine.evaluator import BaseMetric

from ...models.objectives.prediction import IMAGE, L1, LOSS, MASK
from ...models.reconstruction.masked_reconstruction_head import MaskedReconstructionHead
from ...models.reconstruction.trivial_fills import TRIVIAL_FILLS
from ...registry import METRICS


@METRICS.register_module()
class ReconstructionMetric(BaseMetric):
    """Mean reconstruction error of held-out images under fixed masks, and the score.

    ``reconstruction/l1`` is the mean over images of the masked L1 of their pixels;
    ``reconstruction/score`` is minus the mean loss (paper section 5.1), which is the same
    where the target of the head is pixels. A target that gives no pixels has no ``l1``.

    Beside ``l1`` stand ``reconstruction/l1_image_mean`` and ``reconstruction/l1_diffusion_fill``: the
    same error of a constant and of an interpolation of the visible pixels. A network above
    the latter has learned to interpolate at best.

    Args:
        trivial_images: held-out images, on each rank, on which those two are measured, once in
            a run, since images and masks stay the same; 0 for none.
        **kwargs: of :class:`mmengine.evaluator.BaseMetric`.
    """

    default_prefix: Optional[str] = 'reconstruction'

    def __init__(self, trivial_images: int = 512, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        #: Images that the trivial fills are still to be measured on.
        self._remaining = trivial_images
        self._trivial: dict[str, float] = {}

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keeps error and loss of each image."""
        errors = [{key: float(sample[key]) for key in (L1, LOSS) if key in sample} for sample in data_samples]
        filled = [sample for sample in data_samples if L1 in sample and IMAGE in sample][: self._remaining]
        if filled:
            self._remaining -= len(filled)
            images, masks = (torch.stack([sample[key] for sample in filled]) for key in (IMAGE, MASK))
            for own, trivial in zip(errors, trivial_errors(images, masks)):
                own.update(trivial)
        self.results.extend(errors)

    def compute_metrics(self, results: list[dict[str, float]]) -> dict[str, float]:
        """The means over all images of all ranks."""
        means = {}
        for key in dict.fromkeys(key for each in results for key in each):
            known = [each[key] for each in results if key in each]
            means[key] = sum(known) / len(known)
        # Not named "loss": MMEngine's log averages such values over past validations.
        score = -means.pop(LOSS)
        self._trivial.update({key: means.pop(key) for key in [*means] if key != L1})
        return dict(means, **self._trivial, score=score)

    def evaluate(self, size: int) -> dict[str, float]:
        """As the base class; the trivial fills are known afterwards."""
        values = super().evaluate(size)
        self._remaining = 0
        return values


def trivial_errors(images: torch.Tensor, masks: torch.Tensor) -> list[dict[str, float]]:
    """Masked L1 of each of :data:`TRIVIAL_FILLS` on each image, by ``l1_<name>``.

    Args:
        images (Tensor): (B, C, H, W), normalised.
        masks (Tensor): (B, 1, H, W), 1 = masked.
    """
    error = MaskedReconstructionHead.pixel_error
    found = {f'{L1}_{name}': error(fill(images, masks), images, masks) for name, fill in TRIVIAL_FILLS.items()}
    return [dict(zip(found, values)) for values in zip(*(errors.tolist() for errors in found.values()))]
