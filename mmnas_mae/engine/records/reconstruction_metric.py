"""Held-out reconstruction loss."""

from typing import Any, Optional, Sequence

from mmengine.evaluator import BaseMetric

from ...registry import METRICS


@METRICS.register_module()
class ReconstructionMetric(BaseMetric):
    """Mean reconstruction error of held-out images under fixed masks, and the score.

    ``reconstruction/l1`` is the mean over images of the masked L1 of their pixels;
    ``reconstruction/score`` is minus the mean loss (paper section 5.1), which is the same
    where the target of the head is pixels.
    """

    default_prefix: Optional[str] = 'reconstruction'

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keeps error and loss of each image."""
        self.results.extend((float(sample['l1']), float(sample['loss'])) for sample in data_samples)

    def compute_metrics(self, results: list[tuple[float, float]]) -> dict[str, float]:
        """The means over all images of all ranks."""
        l1, loss = (sum(values) / len(results) for values in zip(*results))
        # Not named "loss": MMEngine's log averages such values over past validations.
        return dict(l1=l1, score=-loss)
