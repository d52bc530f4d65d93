"""Networks of genotypes in timm: ``import mmnas_mae.timm_models`` registers them.

timm looks for models of other packages nowhere by itself, so that one import is needed. Names are ``mmnas_`` and the
published genotype in small letters, such as ``mmnas_darts_v2``; ``mmnas_genotype`` takes any, of a search of one's own
too:

    timm.create_model('mmnas_genotype', genotype='work_dirs/mine/genotype.json', num_classes=7)

No weights come with the package: ``pretrained=True`` is for ``local-dir:`` and ``hf-hub:``.
"""

from typing import Any, Callable

from torch import nn

from .ecosystem.hub_classifier import HubClassifier
from .ecosystem.hub_config import MEAN, STD, input_config
from .ecosystem.hub_files import ANY_GENOTYPE, architecture_names
from .models.networks.base_network import found_strides
from .models.networks.darts_network import default_strides
from .spaces import load_genotype

try:
    from timm.models import build_model_with_cfg, generate_default_cfgs, register_model
except ModuleNotFoundError as error:
    if str(error.name).partition('.')[0] != 'timm':
        raise
    raise ModuleNotFoundError(
        'mmnas_mae.timm_models needs timm, which is not installed: pip install timm', name='timm'
    ) from None

#: timm looks here for what it has to know of images.
default_cfgs = generate_default_cfgs(
    {
        name: dict(input_config('imagenet'), num_classes=1000, mean=MEAN, std=STD)
        for name in (ANY_GENOTYPE, *architecture_names())
    }
)


def _register(name: str, **known: Any) -> Callable[..., nn.Module]:
    """Makes the function that timm calls for a name."""

    def create(pretrained: bool = False, **kwargs: Any) -> nn.Module:
        arguments = {**known, **kwargs}
        if 'genotype' not in arguments:
            raise ValueError(f'timm.create_model({name!r}) needs genotype=, a file, a dict or text')
        # All features by default, where timm would ask for five: the stem and, of most genotypes, three stages.
        strides = arguments.get('strides') or found_strides(load_genotype(arguments['genotype']))
        stages = len(strides or default_strides(arguments.get('layers', 1)))
        features = dict(out_indices=tuple(range(stages + 1)), feature_cls='getter')
        return build_model_with_cfg(HubClassifier, name, pretrained, feature_cfg=features, **arguments)

    create.__name__ = create.__qualname__ = name
    create.__doc__ = f'The network of {known.get("genotype", "the argument genotype")}, as HubClassifier builds it.'
    return register_model(create)


globals().update({name: _register(name, genotype=genotype) for name, genotype in architecture_names().items()})
globals()[ANY_GENOTYPE] = _register(ANY_GENOTYPE)
