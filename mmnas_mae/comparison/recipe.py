"""One recipe for every network: configs of its trainings, and what the recipe is in words."""

import copy
from typing import Any, Mapping, NamedTuple, Optional, Sequence

from mmengine.config import Config
from mmengine.registry import init_default_scope

from ..registry import DATASETS
from ..utils.checkpoints.files import newest_checkpoint
from ..utils.records import digest
from .width import out_channels

#: Share of the labelled images that a trial of rates, or of a probe, is judged on.
TRIAL_SHARE = 0.2
TRAIN, LABELLED, REST, JUDGE = 'train', 'labelled', 'rest', 'judge'


class Part(NamedTuple):
    """Which labelled images a training gets.

    Args:
        labels: share of the training images whose labels it may see.
        seed: of the draw, without a look at labels.
        trial: whether a part of them is kept back, which then takes the place of the held-out images.
    """

    labels: float
    seed: int
    trial: bool = False


class Recipe:
    """Configs of trainings.

    Args:
        cfg: the config of one training, complete but for the network: of ``tools/compare.py --config``.
        epochs: over all training images. Over a share f of them it is ``epochs / sqrt(f)``: fewer steps, but more
            looks at each image.
        warmup: share of the epochs in which the rate rises, at least one.

    Attributes:
        num_images: training images.
    """

    def __init__(self, cfg: Config, epochs: int, warmup: float = 0.05) -> None:
        self.cfg = copy.deepcopy(cfg)
        for name in ('train_dataloader', 'val_dataloader'):
            # The list of samples in one piece of memory would cost a collection of garbage for every training.
            self.cfg[name].dataset.dataset.serialize_data = False
        self.epochs = epochs
        self.warmup = warmup
        init_default_scope(cfg.default_scope)
        self.num_images = len(DATASETS.build(copy.deepcopy(self.cfg.train_dataloader.dataset)))

    def epochs_at(self, labels: float, share: float = 1.0) -> int:
        """Epochs of a training on a share of the labels; ``share`` of them in a trial."""
        return max(1, round(share * self.epochs / labels**0.5))

    def images_at(self, labels: float) -> int:
        """Labelled images of a share."""
        return int(round(labels * self.num_images, 6))

    def datasets(self, part: Part, augmented: bool = True) -> tuple[dict[str, Any], dict[str, Any]]:
        """Configs of the images that a training gets and of those that it is judged on.

        Args:
            part: which.
            augmented: whether those of the training are augmented.
        """
        train, heldout = (
            copy.deepcopy(self.cfg[name].dataset.to_dict()) for name in ('train_dataloader', 'val_dataloader')
        )
        plain = heldout['pipeline']
        pipeline = train.pop('pipeline')
        share = part.labels * ((1 - TRIAL_SHARE) if part.trial else 1.0)
        cuts = [(LABELLED, share)]
        cuts += [(JUDGE, part.labels * TRIAL_SHARE)] if part.trial else []
        kind = dict(type='mmnas_mae.SearchSplit', dataset=train, parts=cuts, seed=part.seed)
        judged = dict(kind, part=JUDGE, pipeline=plain) if part.trial else heldout
        return dict(kind, part=LABELLED, pipeline=pipeline if augmented else plain), judged

    def heldout(self) -> dict[str, Any]:
        """The config of the images that all are judged on in the end."""
        return copy.deepcopy(self.cfg.val_dataloader.dataset.to_dict())

    def loaders(self, part: Part, augmented: bool = True) -> tuple[Config, Config]:
        """The loaders of :meth:`datasets`; the second, and the first without augmentation, in a fixed order."""
        train, judged = self.datasets(part, augmented)
        first, second = copy.deepcopy(self.cfg.train_dataloader), copy.deepcopy(self.cfg.val_dataloader)
        first.dataset, second.dataset = train, judged
        if not augmented:
            first.sampler = copy.deepcopy(second.sampler)
        return first, second

    def model(self, backbone: Mapping[str, Any], weights: Optional[str] = None) -> dict[str, Any]:
        """The classifier of a backbone, and with the weights of a checkpoint."""
        model = copy.deepcopy(self.cfg.model.to_dict())
        init = dict(type='Pretrained', checkpoint=weights, prefix='backbone.')
        model['backbone'] = dict(backbone, **(dict(init_cfg=init) if weights else {}))
        model['head']['in_channels'] = out_channels(backbone)
        return model

    def training(
        self,
        backbone: Mapping[str, Any],
        part: Part,
        rate: float,
        work_dir: str,
        weights: Optional[str] = None,
        share: float = 1.0,
    ) -> Config:
        """The config of a training.

        Args:
            backbone: config of the network.
            part: which images.
            rate: the learning rate.
            work_dir: its folder.
            weights: checkpoint that it begins with.
            share: of the usual epochs, for a trial.
        """
        cfg = copy.deepcopy(self.cfg)
        epochs = self.epochs_at(part.labels, share)
        cfg.model = self.model(backbone, weights)
        cfg.train_dataloader = self.loaders(part)[0]
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
        cfg.test_cfg = cfg.test_dataloader = cfg.test_evaluator = None
        cfg.optim_wrapper.optimizer.lr = rate
        warmup, *_ = cfg.param_scheduler
        warmup.end = max(1, round(self.warmup * epochs))
        for schedule in cfg.param_scheduler[1:]:
            schedule.end = epochs
        cfg.train_cfg.max_epochs = cfg.train_cfg.val_interval = epochs
        cfg.default_hooks.checkpoint.interval = max(1, epochs // 5)
        cfg.randomness.seed = part.seed
        begun = newest_checkpoint(work_dir) is not None
        cfg.work_dir, cfg.resume, cfg.load_from = work_dir, begun, None
        # MMEngine finds loggers by this name, and many trainings run in one process.
        cfg.experiment_name = digest(work_dir.encode())
        # Laid out for a reader, long paths in it take yapf longer than a training of few images takes.
        return Config(cfg.to_dict(), format_python_code=False)

    def shaping(self) -> dict[str, Any]:
        """All of the config that shapes a result."""
        cfg = self.cfg.to_dict()
        loaders = [cfg[name] for name in ('train_dataloader', 'val_dataloader')]
        kept = {key: cfg[key] for key in ('optim_wrapper', 'param_scheduler', 'data_preprocessor')}
        images = [[loader['dataset'], loader['batch_size']] for loader in loaders]
        return dict(kept, images=images, epochs=self.epochs, warmup=self.warmup)

    def words(self, rates: Sequence[float], trial_share: float) -> str:
        """What a reader has to know of it."""
        optimizer = self.cfg.optim_wrapper.optimizer
        clip = (self.cfg.optim_wrapper.get('clip_grad') or {}).get('max_norm')
        settings = ', '.join(f'{key} {value}' for key, value in optimizer.items() if key not in ('type', 'lr'))
        batch = self.cfg.train_dataloader.batch_size
        return (
            f'{optimizer.type} ({settings}), batches of {batch}, {self.epochs} epochs over {self.num_images} images '
            f'(over a share f of them {self.epochs} / sqrt(f) epochs), the rate rises for {self.warmup:.0%} of them, '
            f'at least one, and falls by a cosine to 0; gradients are '
            f'{"not clipped" if clip is None else f"clipped to a norm of {clip}"}; of the rates '
            f'{", ".join(f"{rate:g}" for rate in rates)} each network has the one that was best on '
            f'{TRIAL_SHARE:.0%} of its labelled images, held back in a trial of {trial_share:.0%} of the epochs'
        )
