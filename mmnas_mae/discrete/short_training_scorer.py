"""The score of a stand-alone network after a short training."""

import copy
from typing import Any, Mapping, Optional

import torch
from torch import Tensor, nn

from ..models import FeaturesOnly, GenotypeBackbone, Visibility
from ..models.architecture.base_architecture import BaseArchitecture
from ..models.build import build_network
from ..models.layers.batch_statistics import batch_statistics
from ..registry import MODELS, TASK_UTILS
from ..spaces import Genotype
from ..utils import kept_random_state
from .evaluation import Scorer
from .inherited_scorer import image_scores
from .search_run import SearchRun

#: Settings of a search network that its stand-alone networks have too.
_MACRO = (
    'init_channels',
    'layers',
    'stem',
    'cells_per_stage',
    'stem_channels',
    'num_stacks',
    'num_modules_per_stack',
)


class ChildBackbone(nn.Module):
    """A stand-alone network where an objective expects a search network.

    Args:
        genotype: what it is.
        macro: the skeleton, as for :func:`mmnas_mae.apis.build_network`.
    """

    def __init__(self, genotype: Genotype, macro: Mapping[str, Any]) -> None:
        super().__init__()
        if set(genotype.cells) == {'normal', 'reduce'}:
            self.network: nn.Module = GenotypeBackbone(genotype, **macro)
        else:
            network = build_network(genotype.space, genotype, **macro)
            self.network = FeaturesOnly(network, range(len(network.out_channels)))
        self.out_channels = self.network.out_channels
        self.out_strides = self.network.out_strides
        #: No architecture parameters.
        self.arch = BaseArchitecture()

    def forward(self, x: Tensor, visible: Optional[Visibility] = None) -> tuple[Tensor, ...]:
        """
        Args:
            x (Tensor): (B, 3, H, W).
            visible: what ``sparse`` masking leaves visible.

        Returns:
            tuple: F1, F2, F3; fewer where the network has fewer resolutions.
        """
        return self.network(x, visible)


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
        ValueError: there are no images, or a number is out of range.
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
        self.run = run
        self.steps = steps
        self.batch_size = batch_size
        self.lr = lr
        self.seed = seed
        self.score = score
        backbone = run.config['backbone']
        self.macro = dict(macro) if macro is not None else {k: backbone[k] for k in _MACRO if k in backbone}

    def __call__(self, genotype: Genotype) -> float:
        """Trains and scores; the random state of the process stays as it was.

        Raises:
            ValueError: ``genotype`` has no stand-alone network.
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
        cfg['backbone'] = dict(type=ChildBackbone, genotype=genotype, macro=self.macro)
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
            losses = model.losses(**model.prepare(**self.run.train.take(chosen.tolist())))
            optimizer.zero_grad()
            sum(value for name, value in losses.items() if 'loss' in name).backward()
            torch.nn.utils.clip_grad_norm_(parameters, 5.0)
            optimizer.step()
            schedule.step()
