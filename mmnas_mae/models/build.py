"""From a genotype to its network, a plain module, and from a config to its search model."""

import copy
import os
from typing import Any, Mapping, Union

from mmengine.config import Config
from mmengine.registry import init_default_scope
from torch import nn

from ..registry import MODELS
from ..spaces import (
    CellSpace,
    NASBench101Space,
    NASBench201Space,
    SearchSpace,
    TransNASMacroSpace,
    TransNASMicroSpace,
    get_space,
    load_genotype,
)
from ..spaces.load import GenotypeLike
from ..utils.config import read_config
from .checkpoint import load_checked
from .networks.genotype_backbone import GenotypeBackbone
from .networks.genotype_network import GenotypeNetwork
from .networks.nasbench101_network import NASBench101Network
from .networks.nasbench201_network import NASBench201Network
from .networks.transnas101_network import TransNASNetwork
from .objectives.search_model import SearchModel


def build_backbone(genotype: GenotypeLike, **kwargs: Any) -> GenotypeBackbone:
    """The backbone of a DARTS genotype as a plain ``torch.nn.Module``.

    Args:
        genotype: path of a ``genotype.json``, its dict, a published name or DARTS text.
        kwargs: arguments of :class:`mmnas_mae.GenotypeBackbone`, such as
            ``init_channels``, ``layers``, ``stem`` and ``out_indices``.

    Example:
        >>> backbone = build_backbone('DARTS_V2', init_channels=36, layers=20)
        >>> f1, f2, f3 = backbone(torch.rand(1, 3, 32, 32))
    """
    return GenotypeBackbone(genotype, **kwargs)


def build_network(
    space: Union[str, dict, SearchSpace], arch: GenotypeLike, num_classes: int = 10, **macro: Any
) -> nn.Module:
    """The stand-alone network of an architecture of any space: (B, 3, H, W) -> (B, num_classes) logits.

    Args:
        space: a space, its name or config. ``darts`` takes the genotypes of all DARTS
            spaces (text is read as S0's), ``transnas101`` those of micro and macro.
        arch: text of the space, genotype, its dict or path, or a published name; for
            ``nasbench101`` also a dict with ``matrix`` and ``ops``.
        num_classes: number of classes.
        macro: the skeleton: ``init_channels``, ``layers``, ``stem`` (``darts``);
            ``init_channels``, ``cells_per_stage`` (``nasbench201``); ``stem_channels``,
            ``num_stacks``, ``num_modules_per_stack`` (``nasbench101``); ``init_channels``,
            ``decoder`` (``transnas101``).

    Raises:
        ValueError: the space is unknown or has no stand-alone network, or ``arch`` is none of its members.
        FileNotFoundError: ``arch`` is neither a file nor the text of an architecture.

    Example:
        >>> build_network('darts', 'DARTS_V2', init_channels=36, layers=20)
        >>> build_network('nasbench201', '|nor_conv_3x3~0|+|none~0|none~1|+|none~0|none~1|none~2|')
    """
    family = str(space).lower().replace('-', '_')
    if family == 'darts':
        return GenotypeNetwork(arch, num_classes, **macro)
    if family == 'transnas101':
        genotype = load_genotype(arch)
        if not genotype.space.startswith('transnas101_'):
            raise ValueError(f'space transnas101 needs a genotype of it, this one belongs to {genotype.space!r}')
        return TransNASNetwork(genotype, num_classes, **macro)
    space = get_space(space)
    if isinstance(space, NASBench101Space):
        is_spec = isinstance(arch, Mapping) and 'matrix' in arch
        return NASBench101Network(space.genotype(arch if is_spec else load_genotype(arch, space)), num_classes, **macro)
    if isinstance(space, NASBench201Space):
        return NASBench201Network(arch, num_classes, space=space, **macro)
    if isinstance(space, (TransNASMicroSpace, TransNASMacroSpace)):
        return TransNASNetwork(arch, num_classes, space=space, **macro)
    if isinstance(space, CellSpace) and set(space.cells) == {'normal', 'reduce'}:
        return GenotypeNetwork(arch, num_classes, space=space, **macro)
    raise ValueError(
        f'space {space.name} has no stand-alone network; one exists for normal and reduce cells, as those of DARTS, '
        'and for nasbench101, nasbench201 and transnas101'
    )


def build_search_model(
    config: Union[str, os.PathLike, Config], checkpoint: Union[None, str, os.PathLike] = None
) -> SearchModel:
    """The search model of a config on the CPU, as the runner builds it, with the weights of a checkpoint.

    Args:
        config: the config of a search or its file. Its default scope becomes the current one.
        checkpoint: a file that a search with this model has written; None leaves the
            weights as they are drawn.

    Raises:
        FileNotFoundError: there is no such file.
        ModuleNotFoundError: a module of ``custom_imports`` cannot be imported.
        ValueError: the config is none of a search, or the checkpoint is of another space,
            size or objective.

    Example:
        >>> model = build_search_model('config.py', 'work_dir/epoch_50.pth')
        >>> model.genotype()
    """
    cfg = read_config(config)
    where = f'config {cfg.filename!r}' if cfg.filename else 'the config'
    settings = model_settings(cfg)
    if 'backbone' not in settings:
        raise ValueError(f'{where} is none of a search: it has no model.backbone')
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
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
