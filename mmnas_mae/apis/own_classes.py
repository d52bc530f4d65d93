"""A config for a classifier of your own images: what it leaves open is read from them."""

from typing import Any, Optional

from mmengine.config import Config

from ..models.build import head_channels
from ..registry import DATASETS, TASK_UTILS
from ..utils.config import LOADERS
from .own_images import ImageFacts, OwnImages, check_size, edge_of, fill, stem_of

#: Sides of images that a size is chosen from, unless the images are smaller.
_SIZES = (32, 64, 96, 128, 160, 192, 224)


@TASK_UTILS.register_module()
class OwnClasses(OwnImages):
    """A classifier of your own images: see :class:`OwnImages`.

    Classes are the folders directly in ``data_root``, or the labels of Parquet files. Sets the data sets, the sizes
    of their pipelines, classes, channels, mean and deviation, and by ``size`` the stem. ``size`` is by default the
    largest of 32, 64, 96, 128, 160, 192 and 224 that the median image has, for smaller images theirs.

    Args:
        heldout: share of the images that the classifier is judged on.
        heldout_root: other images that it is judged on, of the same classes; then all of ``data_root`` are trained on.
        **kwargs: as for :class:`OwnImages`.
    """

    with_label = True
    #: As images that the inferencers of OpenMMLab read from files.
    channel_order = 'bgr'

    def __init__(self, data_root: str, heldout: float = 0.2, heldout_root: Optional[str] = None, **kwargs: Any) -> None:
        super().__init__(data_root, **kwargs)
        if not 0 < heldout < 1:
            raise ValueError(f'own_images.heldout must be a share between 0 and 1, got {heldout}')
        self.heldout = heldout
        self.heldout_root = heldout_root

    def __call__(self, cfg: Config) -> None:
        """
        Raises:
            ValueError: there are fewer than two classes, or Parquet files of ``heldout_root`` have others.
        """
        facts = self.look()
        if len(facts.classes) < 2:
            raise ValueError(f'own_images.data_root {self.data_root!r} must have two classes or more: {facts.classes}')
        size = self.size or fitting_size(facts.side)
        heldout = None if self.heldout_root is None else self._source(facts, self.heldout_root)
        if heldout is not None and 'label_column' in heldout:
            self._check_labels(facts)
        self.fill_loaders(cfg, self._source(facts), size, edge_of(size, facts.side), heldout)
        shares = [('train', 1 - self.heldout), ('heldout', self.heldout)]
        for name in LOADERS:
            if cfg.get(name) is None:
                continue
            part = 'train' if name == LOADERS[0] else 'heldout'
            fill(cfg[name]['dataset'], dict(part=part, parts=shares if self.heldout_root is None else [(part, 1.0)]))
        preprocessor = dict(mean=facts.mean, std=facts.std, to_rgb=facts.channels == 3)
        fill(cfg, dict(data_preprocessor=dict(num_classes=len(facts.classes), **preprocessor)))
        self._fill_model(cfg.model, facts, size)

    def _check_labels(self, facts: ImageFacts) -> None:
        """Labels of held-out Parquet files are numbers, of which only names in the files say what they mean."""
        images = DATASETS.build(dict(self.source(facts.channels, self.heldout_root), max_broken=None))
        there, named = self._classes(images), tuple(images.metainfo.get('classes', ()))
        numbers = tuple(str(number) for number in range(len(facts.classes)))
        if len(there) > len(facts.classes) or (named and numbers != facts.classes != named):
            raise ValueError(
                f'own_images.heldout_root {self.heldout_root!r} must have the classes {list(facts.classes)} of '
                f'{self.data_root!r} in this order, got {list(there)}'
            )

    def _source(self, facts: ImageFacts, data_root: Optional[str] = None) -> dict[str, Any]:
        source, classes = self.source(facts.channels, data_root), list(facts.classes)
        named = dict(classes=classes) if 'with_label' in source else dict(metainfo=dict(classes=classes))
        return dict(source, **named)

    @staticmethod
    def _fill_model(model: Any, facts: ImageFacts, size: int) -> None:
        classes = dict(num_classes=len(facts.classes))
        if model.get('network') is not None:
            fill(model.network, dict(in_channels=facts.channels, **classes))
            return
        fill(model, dict(head=classes))
        if model.backbone.type != 'mmnas_mae.GenotypeBackbone':
            return
        fill(model.backbone, dict(in_channels=facts.channels, stem=stem_of(size)))
        check_size(size, model.backbone.stem)
        fill(model.head, dict(in_channels=head_channels(model)))
        if model.head.get('type') == 'mmnas_mae.AuxiliaryHead' and isinstance(model.backbone.stem, str):
            fill(model.head, dict(stem=model.backbone.stem))


def fitting_size(side: int) -> int:
    """Side that networks see of images of this side, in pixels."""
    return max((size for size in _SIZES if size <= side), default=max(8, side // 4 * 4))
