"""From a genotype to its network, a plain module, and from a config to its search model."""

import copy
import inspect
import os
from typing import Any, Mapping, Optional, Union

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

from ..registry import MODELS, SKELETONS
from ..spaces import Genotype, SearchSpace, get_space, load_genotype
from ..spaces.load import GenotypeLike
from ..utils.config import read_config
from ..utils.settings import explained
from .checkpoint import load_checked
from .networks.base_network import BaseNetwork
from .networks.skeleton import Skeleton, get_skeleton, skeleton_name
from .objectives.search_model import SearchModel


def build_backbone(
    genotype: GenotypeLike, space: Union[None, str, dict, SearchSpace] = None, **kwargs: Any
) -> BaseNetwork:
    """The backbone of an architecture of any space as a plain ``torch.nn.Module``.

    Args:
        genotype: path of a ``genotype.json``, its dict, a published name or text.
        space: as for :func:`build_network`; by default the space that the genotype names.
        kwargs: ``out_indices`` and the settings of the skeleton; for a DARTS genotype the arguments
            of :class:`mmnas_mae.GenotypeBackbone`, such as ``init_channels``, ``layers`` and ``stem``.

    Raises:
        ValueError, FileNotFoundError: as :func:`build_network`.

    Example:
        >>> backbone = build_backbone('DARTS_V2', init_channels=36, layers=20)
        >>> f1, f2, f3 = backbone(torch.rand(1, 3, 32, 32))
    """
    skeleton, derived, space = _resolve(space, genotype)
    return skeleton.build_backbone(derived, space=space, **kwargs)


def build_network(
    space: Union[str, dict, SearchSpace], arch: GenotypeLike, num_classes: int = 10, **macro: Any
) -> nn.Module:
    """The stand-alone network of an architecture of any space: (B, 3, H, W) -> (B, num_classes) logits.

    It stands on the skeleton on which a search has found the architecture, else on that of the space.

    Args:
        space: a space, its name or config, or the name of a skeleton: ``darts`` takes the
            genotypes of all DARTS spaces (text is read as S0's), ``transnas101`` those of micro
            and macro.
        arch: text of the space, genotype, its dict or path, or a published name; for
            ``nasbench101`` also a dict with ``matrix`` and ``ops``.
        num_classes: number of classes.
        macro: the skeleton: ``init_channels``, ``layers``, ``stem``, ``strides`` (``darts``);
            ``init_channels``, ``cells_per_stage`` (``nasbench201``); ``stem_channels``,
            ``num_stacks``, ``num_modules_per_stack`` (``nasbench101``); ``init_channels``,
            ``decoder`` (``transnas101``); those of its class in another.

    Raises:
        ValueError: the space is unknown, ``arch`` is none of its members, its skeleton has no stand-alone network
            or not that setting.
        FileNotFoundError: ``arch`` is neither a file nor the text of an architecture.

    Example:
        >>> build_network('darts', 'DARTS_V2', init_channels=36, layers=20)
        >>> build_network('nasbench201', '|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|')
    """
    skeleton, genotype, owner = _resolve(space, arch)
    kwargs = macro if owner is None else dict(macro, space=owner)
    try:
        inspect.signature(skeleton.network).bind(genotype, num_classes, **kwargs)
    except TypeError as error:
        raise ValueError(f'the network of {genotype.space!r}: {error}') from None
    return skeleton.network(genotype, num_classes, **kwargs)


def _resolve(
    space: Union[None, str, dict, SearchSpace], arch: GenotypeLike
) -> tuple[Skeleton, Genotype, Optional[SearchSpace]]:
    """The skeleton of an architecture, its genotype and, where one is named, its space."""
    family = space.lower().replace('-', '_') if isinstance(space, str) else None
    if family not in SKELETONS.module_dict:
        family, space = None, None if space is None else get_space(space)
        expected = None if space is None else space.skeleton
    else:
        expected, space = family, None
    load = get_skeleton(expected).load if expected is not None and expected in SKELETONS.module_dict else load_genotype
    genotype = load(arch, space)
    name = skeleton_name(genotype, space)
    if family not in (None, name):
        raise ValueError(
            f'space {family} needs a genotype of it, this one belongs to {genotype.space!r} on the skeleton {name!r}'
        )
    return get_skeleton(name), genotype, space


def build_search_model(
    config: Union[str, os.PathLike, Config], checkpoint: Union[None, str, os.PathLike] = None
) -> SearchModel:
    """The search model of a config on the CPU, as the runner builds it, with the weights of a checkpoint.

    Args:
        config: file of the config of a search, or that config as :func:`mmnas_mae.utils.config.read_config`
            gives it. Its default scope becomes the current one.
        checkpoint: a file that a search with this model has written; None leaves the
            weights as they are drawn.

    Raises:
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: a module of ``custom_imports`` cannot be imported.
        ValueError: the config is none of a search or names what is not registered, or the checkpoint is of another
            space, size or objective.

    Example:
        >>> model = build_search_model('config.py', 'work_dir/epoch_50.pth')
        >>> model.genotype()
    """
    cfg = config if isinstance(config, Config) else read_config(config)
    where = f'config {cfg.filename!r}' if cfg.filename else 'the config'
    settings = model_settings(cfg)
    if 'backbone' not in settings:
        raise ValueError(f'{where} is none of a search: it has no model.backbone')
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    with explained(cfg):
        model = MODELS.build(settings)
    if not isinstance(model, SearchModel):
        raise ValueError(f'{where} is none of a search: its model is a {type(model).__name__}')
    if checkpoint is not None:
        load_checked(model, checkpoint, where)
    return model


def model_settings(cfg: Mapping[str, Any]) -> dict[str, Any]:
    """The model's own settings with its data preprocessor, put together as the runner does."""
    settings = copy.deepcopy(dict(cfg.get('model') or {}))
    if cfg.get('data_preprocessor'):
        settings.setdefault('data_preprocessor', copy.deepcopy(cfg['data_preprocessor']))
    return settings


def head_channels(classifier: Mapping[str, Any]) -> Union[int, tuple[int, ...]]:
    """Input channels of the head of a classifier: of all features for the auxiliary head, else of the last one.

    Args:
        classifier: config of an ImageClassifier of mmpretrain, of which the backbone is built without weights.
    """
    with torch.device('meta'):
        widths = MODELS.build(dict(classifier['backbone'], init_cfg=None)).out_channels
    return widths if classifier['head'].get('type') == 'mmnas_mae.AuxiliaryHead' else widths[-1]
