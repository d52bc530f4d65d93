"""The score of a stand-alone network after a short training."""

import copy
from typing import Any, Mapping, Optional

import torch
from torch import nn

from ..models import get_skeleton, skeleton_of
from ..models.layers.batch_statistics import batch_statistics
from ..registry import MODELS, TASK_UTILS
from ..spaces import Genotype
from ..utils.ranges import POSITIVE
from ..utils.seeding import kept_random_state
from .evaluation import Scorer
from .inherited_scorer import image_scores
from .search_run import SearchRun


@TASK_UTILS.register_module()
class ShortTrainingScorer(Scorer):
    """Trains each architecture alone for some steps, with the objective of a search config.

    The objective is that of ``run.config``, masked reconstruction or another, with the
    stand-alone network as its encoder. All architectures have the same seed and so the
    same batches and masks. The score is that of :class:`mmnas_mae.InheritedScorer`, on the
    same held-out images.

    Args:
        run: its model's config, and the images to train and to score on.
        steps: training steps.
        batch_size: images of a step.
        lr: learning rate of Adam at the start; it falls to zero along a cosine.
        seed: seed of weights, batches and masks.
        macro: the skeleton; by default as in the search network.
        score: ``loss``, ``l1`` or ``accuracy`` of those that an objective gives, see :func:`image_scores`.

    Raises:
        ValueError: there are no images, a number is out of range, or the search network has no
            stand-alone one.
    """

    needs_run = True

    def __init__(
        self,
        run: SearchRun,
        steps: int = 300,
        batch_size: int = 16,
        lr: float = 3e-3,
        seed: int = 0,
        macro: Optional[Mapping[str, Any]] = None,
        score: Optional[str] = None,
    ) -> None:
        if run.heldout is None or run.train is None or run.config is None:
            raise ValueError(
                'ShortTrainingScorer needs a search config and images; set heldout and train to their numbers'
            )
        if steps < 1 or not 1 <= batch_size <= len(run.train.samples):
            raise ValueError(
                f'ShortTrainingScorer.steps must be at least 1 and batch_size lie between 1 and the '
                f'{len(run.train.samples)} training images, got {steps} and {batch_size}'
            )
        POSITIVE.check('ShortTrainingScorer.lr', lr)
        self.run = run
        self.steps = steps
        self.batch_size = batch_size
        self.lr = lr
        self.seed = seed
        self.score = score
        self.skeleton = get_skeleton(skeleton_of(run.model.backbone))
        self.macro = dict(run.model.backbone.macro if macro is None else macro)

    def __call__(self, genotype: Genotype) -> float:
        """Trains and scores; the random state of the process stays as it was.

        Raises:
            ValueError: ``genotype`` is no member of the space.
        """
        with kept_random_state():
            torch.manual_seed(self.seed)
            model = self._build(genotype)
            self._train(model)
            with torch.no_grad(), batch_statistics(model):
                values = [image_scores(model, batch, self.score) for batch in self.run.heldout.batches(64)]
        return float(torch.cat(values).double().mean())

    def _build(self, genotype: Genotype) -> nn.Module:
        cfg = copy.deepcopy(dict(self.run.config))
        child = dict(type=self.skeleton.build_backbone, genotype=genotype, space=self.run.space, **self.macro)
        cfg['backbone'] = child
        model = MODELS.build(cfg).to(self.run.train.inputs.device)
        for i, generator in enumerate(model.generators()):
            generator.manual_seed(self.seed + i)
        return model

    def _train(self, model: nn.Module) -> None:
        parameters = [p for p in model.parameters() if p.requires_grad]
        optimizer = torch.optim.Adam(parameters, lr=self.lr)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, self.steps)
        draws = torch.Generator().manual_seed(self.seed)
        model.train()
        for _ in range(self.steps):
            chosen = torch.randperm(len(self.run.train.samples), generator=draws)[: self.batch_size]
            loss = model.step_loss(model.prepare_batch(**self.run.train.take(chosen.tolist())))
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 5.0)
            optimizer.step()
            schedule.step()
