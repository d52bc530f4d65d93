"""Held-out reconstruction loss."""

from typing import Any, Optional, Sequence

from mmengine.evaluator import BaseMetric

from ..registry import METRICS


@METRICS.register_module()
class ReconstructionMetric(BaseMetric):
    """Mean reconstruction loss of held-out images under fixed masks, and the score.

    ``reconstruction/l1`` is the mean over images of the masked L1,
    ``reconstruction/score`` its negative (paper section 5.1).
    """

    default_prefix: Optional[str] = 'reconstruction'

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keeps the loss of each image."""
        self.results.extend(float(sample['loss']) for sample in data_samples)

    def compute_metrics(self, results: list[float]) -> dict[str, float]:
        """The mean over all images of all ranks."""
        # Not named "loss": MMEngine's log averages such values over past validations.
        loss = sum(results) / len(results)
        return dict(l1=loss, score=-loss)
