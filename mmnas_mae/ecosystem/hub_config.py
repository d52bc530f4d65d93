"""What a network says of itself on the hub of models, in the form that timm reads."""

from typing import Any, Mapping, Optional, Sequence, Union

from ..costs.standalone import usual_side
from ..models import GenotypeNetwork
from ..spaces import Genotype
from .hub_files import ANY_GENOTYPE

#: Mean and deviation of ImageNet in units of 0 to 1, with which the configs of retraining normalise.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
#: What a published file says of how a genotype was found; the rest may hold folders and machines.
_PUBLIC = ('source', 'licence', 'version', 'config_hash', 'seed', 'epoch', 'score', 'selected_by', 'warnings')
_CARD = """---
library_name: timm
pipeline_tag: image-classification
tags:
- image-classification
- timm
- neural-architecture-search
---
# A network found by architecture search

{layers} cells of the space `{space}`, {parameters:.2f} million parameters. The genotype stands in `config.json`.

```python
from mmnas_mae.ecosystem import HubClassifier
model = HubClassifier.from_pretrained('USER/NAME')

import timm, mmnas_mae.timm_models
model = timm.create_model('hf-hub:USER/NAME', pretrained=True)
```
"""


def network_config(
    model: GenotypeNetwork,
    classes: Optional[Sequence[str]] = None,
    mean: Optional[Sequence[float]] = None,
    std: Optional[Sequence[float]] = None,
    image_size: Optional[int] = None,
) -> dict[str, Any]:
    """The content of ``config.json``: what timm reads, with genotype and size under ``model_args``.

    Args:
        model: a :class:`mmnas_mae.ecosystem.HubClassifier`.
        classes, mean, std, image_size: as for :meth:`HubClassifier.save_pretrained`.

    Raises:
        ValueError: as :meth:`HubClassifier.save_pretrained`.
    """
    if classes is not None and len(classes) != model.num_classes:
        raise ValueError(f'classes must be {model.num_classes} names, as many as num_classes, got {len(classes)}')
    if model.in_chans != 3 and (mean is None or std is None):
        raise ValueError(f'mean and std must be given for images of {model.in_chans} channels: no others are usual')
    known = dict(mean=list(MEAN if mean is None else mean), std=list(STD if std is None else std))
    for name, values in known.items():
        if len(values) != model.in_chans:
            raise ValueError(f'{name} must be {model.in_chans} numbers, one for each channel, got {values}')
    macro = model.backbone.macro
    size = {key: macro[key] for key in ('init_channels', 'layers', 'stem', 'strides')}
    pretrained = dict(input_config(macro['stem'], model.in_chans, image_size), num_classes=model.num_classes, **known)
    arguments = dict(size, in_chans=model.in_chans, global_pool=model.global_pool)
    return dict(
        architecture=ANY_GENOTYPE,
        num_classes=model.num_classes,
        num_features=model.num_features,
        **({} if classes is None else dict(label_names=list(classes))),
        model_args=dict(arguments, genotype=_public(model.genotype)),
        pretrained_cfg=pretrained,
    )


def input_config(stem: Union[str, Mapping], channels: int = 3, image_size: Optional[int] = None) -> dict[str, Any]:
    """What timm wants to know of images and of the layers that change with them.

    Args:
        stem: of the network.
        channels: of an image.
        image_size: its side in pixels, by default the usual one of the stem.
    """
    side = usual_side(stem) if image_size is None else image_size
    first = dict(imagenet='backbone.stem0.0', cifar='backbone.stem.0').get(stem if isinstance(stem, str) else '')
    # As the configs of retraining test: the whole image on CIFAR, else 224 of 256 pixels.
    cut = 1.0 if stem == 'cifar' else 0.875
    shape = dict(input_size=[channels, side, side], interpolation='bilinear', crop_pct=cut)
    return dict(shape, first_conv=first, classifier='classifier')


def model_card(model: GenotypeNetwork) -> str:
    """The page of a repository."""
    parameters = sum(parameter.numel() for parameter in model.parameters()) / 1e6
    return _CARD.format(layers=model.backbone.layers, space=model.genotype.space, parameters=parameters)


def _public(genotype: Genotype) -> dict[str, Any]:
    """A genotype as published files have it: without folders, machines and environment."""
    content = genotype.to_dict()
    content['meta'] = {key: content['meta'][key] for key in _PUBLIC if key in content['meta']}
    return content
