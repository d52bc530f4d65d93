"""The score of an architecture with inherited weights."""

import zlib
from typing import Any, Mapping, Optional

import torch

from ..models import SearchModel
from ..models.layers.batch_statistics import batch_statistics, running_statistics
from ..models.objectives.prediction import SCORES
from ..registry import TASK_UTILS
from ..spaces import Genotype
from ..utils.ranges import COUNT
from ..utils.seeding import kept_random_state
from .evaluation import Scorer
from .search_run import SearchRun

#: What normalisations go by.
STATISTICS = dict(batch=batch_statistics, running=running_statistics)


@TASK_UTILS.register_module()
class InheritedScorer(Scorer):
    """Minus the mean reconstruction loss of a child of the search network (paper section 5.1).

    The child runs alone with the shared weights, on held-out images under masks that
    depend on the image only (``model.masks`` of them).
    With an objective that predicts classes the score is the share of right answers.

    Args:
        run: the trained search and the images.
        batch_size: images in a batch, over which statistics are taken.
        one_batch: scores an architecture on one of the batches only, which depends on the
            architecture alone; SETN does so.
        statistics: ``batch``, or ``running`` for those that normalisations keep, as published selections
            take them (D-X-Y/AutoDL-Projects: exps/NAS-Bench-201-algos/SETN.py, ``network.eval()``): in
            NAS-Bench-201 the stem, the residual blocks and the head, not the cells.
        score: ``loss``, ``l1`` or ``accuracy`` of those that an objective gives, see :func:`image_scores`.

    Raises:
        ValueError: there are no images, ``batch_size`` is below 1, or ``statistics`` is unknown.
    """

    needs_run = True
    needs_weights = True

    def __init__(
        self,
        run: SearchRun,
        batch_size: int = 64,
        one_batch: bool = False,
        score: Optional[str] = None,
        statistics: str = 'batch',
    ) -> None:
        if statistics not in STATISTICS:
            raise ValueError(f'InheritedScorer.statistics must be one of {list(STATISTICS)}, got {statistics!r}')
        COUNT.check('InheritedScorer.batch_size', batch_size)
        if run.heldout is None:
            raise ValueError('InheritedScorer needs held-out images; set heldout to their number')
        self.run = run
        self.batches = run.heldout.batches(batch_size)
        self.one_batch = one_batch
        self.score = score
        self.statistics = STATISTICS[statistics]

    @torch.no_grad()
    def __call__(self, genotype: Genotype) -> float:
        """Runs the child over the images.

        Raises:
            ValueError: ``genotype`` is no member of the space, or the objective has no such score.
        """
        model, batches = self.run.model, self.batches
        if self.one_batch:
            text = self.run.space.format(genotype)
            batches = [batches[zlib.crc32(text.encode()) % len(batches)]]
        with kept_random_state(), self.statistics(model), model.arch.fixed(genotype):
            values = torch.cat([image_scores(model, batch, self.score) for batch in batches])
        return float(values.double().mean())


def image_scores(model: SearchModel, batch: Mapping[str, Any], score: Optional[str] = None) -> torch.Tensor:
    """(B,) what the objective says of each image, the higher the better.

    Args:
        model: a search model.
        batch: ``inputs`` and ``data_samples``.
        score: ``loss`` for minus the loss, ``l1`` for minus the error of masked pixels,
            ``accuracy`` for the share of right answers; by default the accuracy where the
            objective asks for answers, else the loss.

    Raises:
        ValueError: the objective gives no such thing.
    """
    predictions = model.predict(**batch)
    given = [key for key, (name, _) in SCORES.items() if name in predictions[0]]
    score = score or given[0]
    if score not in given:
        raise ValueError(f'{type(model).__name__} scores an image by {given}, got score={score!r}')
    name, sign = SCORES[score]
    return sign * torch.stack([prediction.get(name) for prediction in predictions])
