"""A config for a detector of your own boxes: what it leaves open is read from the images and their annotations."""

import json
import os
from pathlib import Path
from typing import Any, Iterator, Mapping, Optional, Sequence

import torch
from mmengine.config import Config

from ..datasets.image_survey import survey_images
from ..datasets.read_image import ImageReader
from ..registry import MODELS, TASK_UTILS
from ..utils.config import LOADERS
from ..utils.errors import one_line
from .own_images import RGB_MEAN, RGB_STD, fill

#: Mean and deviation of images that are not RGB, of which MMEngine's detectors take one number each.
_MIDDLE, _SPREAD = [127.5], [63.75]


@TASK_UTILS.register_module()
class OwnBoxes:
    """The images of a detector, their boxes, and what a config leaves open on their account.

    ``own_images=dict(type='mmnas_mae.OwnBoxes', ...)`` in a config is called by
    :func:`mmnas_mae.utils.config.read_config` with the config, in which it sets what is absent or None: the data
    sets, classes, the sizes of the pipelines, channels and the widths between backbone and neck. Without a
    checkpoint of a classifier nothing of the backbone is frozen.

    Args:
        images: folder that the file names of ``annotations`` are relative to.
        annotations: JSON file in the format of COCO.
        classes: names of the categories that are detected, by default all. Their order is that of the file, as
            mmdet numbers them.
        size: the longer side that images are resized to, in pixels.
        heldout: share of the images that the detector is judged on.
        heldout_annotations: JSON file of other images in ``images`` that it is judged on, with the same categories
            in the same order.
        channels, value_range: as for :class:`mmnas_mae.ImageFolder`.
        max_broken: 0 decodes every image once before the training, and the first that cannot be read is an error;
            None decodes none. None is skipped: their boxes would stay.

    Raises:
        ValueError: a setting is out of range or missing.
    """

    def __init__(
        self,
        images: str,
        annotations: Optional[str] = None,
        classes: Optional[Sequence[str]] = None,
        size: int = 640,
        heldout: float = 0.2,
        heldout_annotations: Optional[str] = None,
        channels: int = 3,
        value_range: Optional[Sequence[float]] = None,
        max_broken: Optional[float] = 0,
    ) -> None:
        if not annotations:
            raise ValueError('own_images.annotations must be a JSON file in the format of COCO, got none')
        if not isinstance(size, int) or size < 32:
            raise ValueError(f'own_images.size must be a whole number of pixels, at least 32, got {size!r}')
        if not 0 < heldout < 1:
            raise ValueError(f'own_images.heldout must be a share between 0 and 1, got {heldout}')
        if max_broken not in (0, None):
            raise ValueError(f'own_images.max_broken must be 0 or None for boxes, got {max_broken}')
        self.images = str(images)
        self.annotations = str(annotations)
        self.classes = None if classes is None else [classes] if isinstance(classes, str) else list(classes)
        self.size = size
        self.heldout = heldout
        self.heldout_annotations = heldout_annotations
        self.reader = ImageReader(channels, value_range)
        self.max_broken = max_broken

    def __call__(self, cfg: Config) -> None:
        """
        Raises:
            FileNotFoundError: the folder or a file is not there.
            ValueError: a file is no annotation, or lacks a class, or two number their classes differently.
            RuntimeError: an image cannot be read, or is of another size than its annotation says.
        """
        if not os.path.isdir(self.images):
            raise FileNotFoundError(f'own_images.images (IMAGE_FOLDER) {self.images!r} is no folder')
        content = self._read(self.annotations)
        named = _names(content)
        unknown = [name for name in self.classes or [] if name not in named]
        if unknown:
            raise ValueError(f'own_images.classes: {unknown[0]!r} is no category of {self.annotations}; it has {named}')
        classes = [name for name in named if self.classes is None or name in self.classes]
        records = [content]
        if self.heldout_annotations:
            records.append(self._read(self.heldout_annotations))
            # mmdet numbers the categories of each file by their order in it.
            there = [name for name in _names(records[1]) if name in classes]
            if there != classes:
                raise ValueError(
                    f'own_images.heldout_annotations {self.heldout_annotations!r} must have the categories {classes} '
                    f'of {self.annotations} in this order, got {there}'
                )
        for record in records:
            self._check(record['images'])
        self._fill_loaders(cfg, classes)
        self._fill_model(cfg.model, len(classes))

    @staticmethod
    def _read(path: str) -> Mapping[str, Any]:
        if not Path(path).is_file():
            raise FileNotFoundError(f'annotations {path!r} do not exist')
        try:
            content = json.loads(Path(path).read_text())
            boxes = [box['bbox'] for box in content['annotations']]
            if not content['images'] or not content['categories'] or not boxes:
                raise ValueError('it has no images, categories or boxes')
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f'annotations {path!r} are not in the format of COCO: {one_line(error)}') from None
        return content

    def _check(self, images: Sequence[Mapping[str, Any]]) -> None:
        """Images that can be read, and are as large as their annotation says once they are upright."""
        paths = [os.path.join(self.images, image['file_name']) for image in images]
        if self.max_broken is None:
            return

        def fetch(number: int) -> tuple[str, None]:
            height, width = self.reader.load(paths[number]).values.shape[:2]
            said = images[number].get('height'), images[number].get('width')
            if said != (height, width):
                raise RuntimeError(
                    f'{paths[number]}: the annotations say height x width {said[0]}x{said[1]}, it has {height}x{width}'
                )
            return paths[number], None

        survey = survey_images(len(paths), fetch, self.reader)
        survey.check(f'own_images.images {self.images!r}', self.max_broken)

    def _fill_loaders(self, cfg: Config, classes: Sequence[str]) -> None:
        shares = [('train', 1 - self.heldout), ('heldout', self.heldout)]
        load = dict(channels=self.reader.channels, value_range=self.reader.value_range)
        for name in LOADERS:
            if cfg.get(name) is None:
                continue
            part, split = 'train' if name == LOADERS[0] else 'heldout', cfg[name]['dataset']
            apart = part == 'heldout' and self.heldout_annotations
            source = dict(
                type='CocoDataset',
                ann_file=os.path.abspath(self.heldout_annotations if apart else self.annotations),
                data_prefix=dict(img=os.path.abspath(self.images)),
                metainfo=dict(classes=list(classes)),
            )
            whole = [(part, 1.0)] if self.heldout_annotations else shares
            fill(split, dict(part=part, parts=whole, dataset=source))
            for step in split['pipeline']:
                kind = step['type'].rpartition('.')[2]
                # Only what differs from the defaults, so that mmdet's inferencers know the step.
                known = {key: value for key, value in load.items() if value not in (None, 3)}
                fill(
                    step,
                    known if kind == 'LoadImageFromFile' else dict(scale=(self.size,) * 2) if kind == 'Resize' else {},
                )

    def _fill_model(self, model: Any, num_classes: int) -> None:
        rgb = self.reader.channels == 3
        mean, std = (RGB_MEAN, RGB_STD) if rgb else (_MIDDLE, _SPREAD)
        fill(model, dict(data_preprocessor=dict(mean=mean, std=std, bgr_to_rgb=rgb)))
        for head in _heads(model):
            fill(head, dict(num_classes=num_classes))
        backbone = model.backbone
        trained = (backbone.get('init_cfg') or {}).get('checkpoint')
        if not trained:
            backbone['init_cfg'] = None
        fill(
            backbone,
            dict(in_channels=self.reader.channels, frozen_stages=0 if trained else -1, norm_eval=bool(trained)),
        )
        with torch.device('meta'):
            widths = list(MODELS.build(dict(backbone, init_cfg=None)).out_channels)
        fill(model, dict(neck=dict(in_channels=widths)))


def _names(content: Mapping[str, Any]) -> list[str]:
    """Names of the categories of a file, in its order."""
    return [str(category['name']) for category in content['categories']]


def _heads(place: Any) -> Iterator[Any]:
    """The parts of a detector that say ``num_classes``."""
    if isinstance(place, Mapping):
        if 'num_classes' in place:
            yield place
        for value in place.values():
            yield from _heads(value)
    elif isinstance(place, (list, tuple)):
        for value in place:
            yield from _heads(value)
