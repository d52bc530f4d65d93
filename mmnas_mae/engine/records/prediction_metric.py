"""Held-out loss and accuracy of a search by prediction."""

from typing import Any, Optional, Sequence

from mmengine.evaluator import BaseMetric

from ...registry import METRICS

SCORES = ('accuracy', 'loss')


@METRICS.register_module()
class PredictionMetric(BaseMetric):
    """Mean loss of held-out images under a search's own objective, its accuracy, and the score.

    ``objective/mean`` is the mean loss over images, ``objective/accuracy`` the share of
    right answers in percent.

    Args:
        score: what ``objective/score`` is: the ``accuracy``, or minus the mean ``loss``.
        collect_device, prefix, collect_dir: as in :class:`mmengine.evaluator.BaseMetric`.

    Raises:
        ValueError: ``score`` is unknown.
    """

    default_prefix: Optional[str] = 'objective'

    def __init__(self, score: str = 'accuracy', **kwargs: Any) -> None:
        if score not in SCORES:
            raise ValueError(f'PredictionMetric.score must be one of {SCORES}, got {score!r}')
        super().__init__(**kwargs)
        self.score = score

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keeps loss and share of right answers of each image.

        Raises:
            KeyError: the model gives no answers.
        """
        self.results.extend((float(sample['loss']), float(sample['correct'])) for sample in data_samples)

    def compute_metrics(self, results: list[tuple[float, float]]) -> dict[str, float]:
        """The means over all images of all ranks."""
        loss, correct = (sum(values) / len(results) for values in zip(*results))
        accuracy = 100 * correct
        # Not named "loss": MMEngine's log averages such values over past validations.
        return dict(mean=loss, accuracy=accuracy, score=accuracy if self.score == 'accuracy' else -loss)


# Its earlier name, for configs of version 0.1.
METRICS.register_module(name='ObjectiveMetric', module=PredictionMetric)
