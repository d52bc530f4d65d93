"""A config for a search on your own images: what it leaves open is read from them."""

from mmengine.config import Config

from ..registry import TASK_UTILS
from .own_images import LARGEST_CIFAR, OwnImages, check_size, edge_of, fill, stem_of


@TASK_UTILS.register_module()
class OwnSearch(OwnImages):
    """A search on your own images: see :class:`OwnImages`. Labels are not read.

    Sets the data sets, the sizes of their pipelines, the channels of the search network, mean and deviation, and by
    ``size``, 32 by default, the stem and the patches: up to 64 pixels the stem of CIFAR and patches of 4, above it
    the stem of ImageNet and patches of 8 (the paper's in either case).
    """

    def __call__(self, cfg: Config) -> None:
        """
        Raises:
            ValueError: ``size`` is no multiple of the patches and of the stride; names one that is.
        """
        facts = self.look()
        size = self.size or 32
        fill(cfg, dict(model=dict(backbone=dict(in_channels=facts.channels))))
        if 'DARTS' in cfg.model.backbone.type:
            fill(cfg, dict(model=dict(backbone=dict(stem=stem_of(size)))))
        if 'mask_generator' in cfg.model:
            fill(cfg.model.mask_generator, dict(patch_size=4 if size <= LARGEST_CIFAR else 8))
            check_size(size, cfg.model.backbone.get('stem'), cfg.model.mask_generator.patch_size)
        fill(cfg, dict(data_preprocessor=dict(mean=facts.mean, std=facts.std)))
        self.fill_loaders(cfg, self.source(facts.channels), size, edge_of(size, facts.side))
