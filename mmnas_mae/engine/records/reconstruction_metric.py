"""Held-out reconstruction loss."""

from typing import Any, Optional, Sequence

from mmengine.evaluator import BaseMetric

from ...models.objectives.prediction import L1, LOSS
from ...registry import METRICS


@METRICS.register_module()
class ReconstructionMetric(BaseMetric):
    """Mean reconstruction error of held-out images under fixed masks, and the score.

    ``reconstruction/l1`` is the mean over images of the masked L1 of their pixels;
    ``reconstruction/score`` is minus the mean loss (paper section 5.1), which is the same
    where the target of the head is pixels. A target that gives no pixels has no ``l1``.
    """

    default_prefix: Optional[str] = 'reconstruction'

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keeps error and loss of each image."""
        self.results.extend({key: float(sample[key]) for key in (L1, LOSS) if key in sample} for sample in data_samples)

    def compute_metrics(self, results: list[dict[str, float]]) -> dict[str, float]:
        """The means over all images of all ranks."""
        means = {key: sum(each[key] for each in results) / len(results) for key in results[0]}
        # Not named "loss": MMEngine's log averages such values over past validations.
        score = -means.pop(LOSS)
        return dict(means, score=score)
