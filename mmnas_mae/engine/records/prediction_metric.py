"""Held-out loss and accuracy of a search under its own objective."""

from typing import Any, Optional, Sequence

from mmengine.evaluator import BaseMetric

from ...models.objectives.prediction import CORRECT, LOSS
from ...registry import METRICS

SCORES = ('accuracy', 'loss')


@METRICS.register_module()
class PredictionMetric(BaseMetric):
    """Mean loss of held-out images under a search's own objective, its accuracy, and the score.

    ``objective/mean`` is the mean loss over images, ``objective/accuracy`` the share of
    right answers in percent, where the objective asks for answers.

    Args:
        score: what ``objective/score`` is: the ``accuracy``, or minus the mean ``loss``; by
            default the accuracy where there is one.
        kwargs: ``collect_device``, ``prefix`` and ``collect_dir`` as in :class:`mmengine.evaluator.BaseMetric`.

    Raises:
        ValueError: ``score`` is unknown.
    """

    default_prefix: Optional[str] = 'objective'

    def __init__(self, score: Optional[str] = None, **kwargs: Any) -> None:
        if score not in (None, *SCORES):
            raise ValueError(f'PredictionMetric.score must be one of {SCORES}, got {score!r}')
        super().__init__(**kwargs)
        self.score = score

    def process(self, data_batch: Any, data_samples: Sequence[dict]) -> None:
        """Keeps loss and share of right answers of each image.

        Raises:
            ValueError: the score is the accuracy, and the objective asks for no answers.
        """
        if self.score == 'accuracy' and CORRECT not in data_samples[0]:
            raise ValueError(
                "PredictionMetric.score is 'accuracy', but the objective gives no answers; set it to 'loss'"
            )
        self.results.extend(
            {key: float(sample[key]) for key in (LOSS, CORRECT) if key in sample} for sample in data_samples
        )

    def compute_metrics(self, results: list[dict[str, float]]) -> dict[str, float]:
        """The means over all images of all ranks."""
        means = {key: sum(each[key] for each in results) / len(results) for key in results[0]}
        # Not named "loss": MMEngine's log averages such values over past validations.
        out = dict(mean=means[LOSS])
        if CORRECT in means:
            out['accuracy'] = 100 * means[CORRECT]
        return dict(out, score=-means[LOSS] if self.score == 'loss' else out.get('accuracy', -means[LOSS]))


# Its earlier name, for configs of version 0.1.
METRICS.register_module(name='ObjectiveMetric', module=PredictionMetric)
