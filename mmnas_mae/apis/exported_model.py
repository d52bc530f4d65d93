"""What a config describes, as a plain module with all that has to be known outside."""

from typing import Any, Iterator, Mapping, NamedTuple, Optional

from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import Tensor, nn

from ..models.build import build_backbone
from ..models.checkpoint import load_checked, read_checkpoint
from ..registry import MODELS
from ..spaces import load_genotype
from ..utils.compiled_ops import NEEDED_BY
from ..utils.settings import explained
from .export import load_weights

#: Settings of a backbone that say how it is trained, not what it computes.
_TRAINING = ('init_cfg', 'frozen_stages', 'norm_eval', 'with_cp')


class ExportedModel(NamedTuple):
    """A module to be exported.

    Args:
        model: images (B, C, H, W) to one Tensor or a tuple of features.
        channels: of its images.
        sides: their height and width in pixels, None where the config does not fix them.
        metadata: what users of the file have to know, as plain data.
    """

    model: nn.Module
    channels: int
    sides: Optional[tuple[int, int]]
    metadata: dict[str, Any]


class Logits(nn.Module):
    """The scores of any classifier of MMEngine: (B, C, H, W) -> (B, num_classes), before the softmax.

    Args:
        classifier: gives them in the mode ``tensor``.
    """

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        self.classifier = classifier

    def forward(self, images: Tensor) -> Tensor:
        """Logits of normalised images."""
        logits = self.classifier(images, mode='tensor')
        return logits[-1] if isinstance(logits, (list, tuple)) else logits


def exported_model(cfg: Config, checkpoint: Optional[str] = None, features: bool = False) -> ExportedModel:
    """The classifier of a config, or its backbone.

    Args:
        cfg: of a training in mmpretrain, or in mmdet or mmsegmentation, of which only the backbone can be had.
        checkpoint: its weights; None leaves them as they are drawn.
        features: whether only the backbone is wanted.

    Raises:
        ValueError: the config is of another kind, or the checkpoint of another network.
        FileNotFoundError: there is no such checkpoint.
    """
    where = f'config {cfg.filename!r}'
    if 'model' not in cfg:
        raise ValueError(f'{where} has no model')
    scope, backbone = cfg.get('default_scope', 'mmpretrain'), cfg.model.get('backbone')
    init_default_scope(scope)
    if backbone is not None and (features or scope in NEEDED_BY):
        if backbone.type != 'mmnas_mae.GenotypeBackbone':
            raise ValueError(f'features are exported of mmnas_mae.GenotypeBackbone, the backbone of {where} is another')
        settings = {key: value for key, value in backbone.items() if key not in ('type', *_TRAINING)}
        # The features of a detector's strides or of a classifier's stages, whatever its head reads.
        if scope not in NEEDED_BY:
            settings.pop('out_indices', None)
        settings['genotype'] = load_genotype(settings['genotype'], settings.get('space'))
        model = build_backbone(**settings)
        if checkpoint:
            load_weights(model, checkpoint)
        return ExportedModel(model, model.in_channels, image_sides_of(cfg), _metadata(cfg, None))
    with explained(cfg):
        classifier = MODELS.build(dict(cfg.model, data_preprocessor=None))
    if checkpoint:
        load_checked(classifier, checkpoint, where)
    network = getattr(classifier, 'network', None) or getattr(classifier, 'backbone', None)
    channels = getattr(network, 'in_channels', 3)
    channels = channels if isinstance(channels, int) else 3
    return ExportedModel(Logits(classifier), channels, image_sides_of(cfg), _metadata(cfg, checkpoint))


def image_sides_of(cfg: Config) -> Optional[tuple[int, int]]:
    """Height and width as the test pipeline of a config leaves images; None where it does not say it."""
    loader = cfg.get('test_dataloader') or cfg.get('val_dataloader') or {}
    sides = [_side(step) for step in _pipeline(loader.get('dataset') or {})]
    return next((side for side in reversed(sides) if side is not None), None)


def _pipeline(dataset: Mapping[str, Any]) -> list:
    inner = dataset.get('dataset')
    return dataset.get('pipeline') or (_pipeline(inner) if isinstance(inner, Mapping) else [])


def _side(step: Mapping[str, Any]) -> Optional[tuple[int, int]]:
    kind = str(step['type']).rpartition('.')[2]
    size = step.get(dict(CenterCrop='crop_size', Resize='scale', RandomResizedCrop='scale').get(kind, ''))
    if isinstance(size, int):
        return size, size
    # mmcv's scale is (width, height).
    return (size[1], size[0]) if isinstance(size, (list, tuple)) and not step.get('keep_ratio') else None


def _metadata(cfg: Config, checkpoint: Optional[str]) -> dict[str, Any]:
    preprocessor = cfg.get('data_preprocessor') or cfg.model.get('data_preprocessor') or {}
    found: dict[str, Any] = {}
    if checkpoint:
        classes = (read_checkpoint(checkpoint).get('meta', {}).get('dataset_meta') or {}).get('classes')
        found['classes'] = None if classes is None else [str(name) for name in classes]
    for name in ('mean', 'std'):
        values = preprocessor.get(name)
        found[name] = None if values is None else [float(value) for value in values]
    if preprocessor.get('to_rgb') or preprocessor.get('bgr_to_rgb'):
        found['channel_order'] = 'rgb'
    value_range = next(_values(cfg.to_dict().get('test_dataloader'), 'value_range'), None)
    found['value_range'] = None if value_range is None else [float(value) for value in value_range]
    return {key: value for key, value in found.items() if value is not None}


def _values(place: Any, key: str) -> Iterator[Any]:
    """What a nested dict has under a key, wherever it stands."""
    if isinstance(place, Mapping):
        if place.get(key) is not None:
            yield place[key]
        for value in place.values():
            yield from _values(value, key)
