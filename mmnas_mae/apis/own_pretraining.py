"""A config for a pre-training on your own images: what it leaves open is read from them."""

from typing import Any

from mmengine.config import Config

from ..registry import MODELS, TASK_UTILS
from .own_classes import fitting_size
from .own_images import OwnImages, check_size, edge_of, fill, stem_of


@TASK_UTILS.register_module()
class OwnPretraining(OwnImages):
    """A pre-training of a stand-alone network on your own images: see :class:`OwnImages`. Labels are not read.

    Sets the data sets, the sizes of their pipelines, the channels of the network, mean and deviation, and by ``size``
    the stem of a derived one. ``size`` is by default that of a classifier of these images. A patch of the masks is as
    large as the stride of the last feature, so that ``sparse`` masking hides whole positions of every feature.
    """

    def __call__(self, cfg: Config) -> None:
        """
        Raises:
            ValueError: ``size`` is no multiple of the patches and of the stride; names one that is.
        """
        facts = self.look()
        size = self.size or fitting_size(facts.side)
        fill_network(cfg.model.backbone, facts.channels, size)
        if 'mask_generator' in cfg.model:
            network = MODELS.build(dict(cfg.model.backbone, init_cfg=None))
            fill(cfg.model.mask_generator, dict(patch_size=network.out_strides[-1]))
            check_size(size, cfg.model.backbone.get('stem'), cfg.model.mask_generator.patch_size)
        fill(cfg, dict(data_preprocessor=dict(mean=facts.mean, std=facts.std)))
        self.fill_loaders(cfg, self.source(facts.channels), size, edge_of(size, facts.side))


def fill_network(backbone: Any, channels: int, size: int) -> None:
    """Channels of images, and the stem of a derived network, in the config of a backbone."""
    kind = backbone.type.rpartition('.')[2]
    fill(backbone.network if kind == 'FeaturesOnly' else backbone, dict(in_channels=channels))
    if kind == 'GenotypeBackbone':
        fill(backbone, dict(stem=stem_of(size)))
