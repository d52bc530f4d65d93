"""Which networks belong to an architecture: skeletons by name."""

import functools
import inspect
import os
from dataclasses import dataclass, replace
from typing import Any, Callable, Optional, Sequence, Union

from torch import nn

from ...registry import MODELS, SCOPE, SKELETONS
from ...spaces import Genotype, SearchSpace, get_space, load_genotype
from ...spaces.load import GenotypeLike
from .base_network import BaseNetwork
from .features_only import FeaturesOnly


@dataclass(frozen=True)
class Skeleton:
    """The networks of a family of spaces. A function that returns one is an entry of ``SKELETONS``.

    Args:
        search: class of the search network.
        network: ``(genotype, num_classes=..., space=..., **macro)`` -> the stand-alone network, whose
            ``macro`` are those of the search network.
        backbone: ``(genotype, space=..., out_indices=..., **macro)`` -> its features; by default those
            of ``network`` behind :class:`mmnas_mae.FeaturesOnly`.
        load: (arch, space) -> its genotype, from every form that the family has.
        retrain: what the configs of retraining put in: ``backbone`` (image classification and
            detection on :class:`mmnas_mae.GenotypeBackbone`) or ``network`` (the network as a
            whole); None if no config fits.
    """

    search: type
    network: Callable[..., nn.Module]
    backbone: Optional[Callable[..., BaseNetwork]] = None
    load: Callable[[GenotypeLike, Optional[SearchSpace]], Genotype] = load_genotype
    retrain: Optional[str] = None

    def build_backbone(
        self, genotype: Genotype, out_indices: Optional[Sequence[Union[int, str]]] = None, **kwargs: Any
    ) -> BaseNetwork:
        """The features of a stand-alone network.

        Args:
            genotype: what it is.
            out_indices: which of them, fine to coarse, by default all.
            kwargs: ``space`` and the settings of the skeleton.
        """
        if self.backbone is not None:
            return self.backbone(genotype, out_indices=out_indices, **kwargs)
        return FeaturesOnly(self.network(genotype, **kwargs), out_indices)


def get_skeleton(name: str) -> Skeleton:
    """A skeleton by its name.

    Raises:
        ValueError: no such skeleton; the message lists the registered names.
    """
    # Not SKELETONS.get, which imports what a dotted name names: a genotype file must not be able to run anything.
    known = SKELETONS.module_dict
    if name not in known:
        raise ValueError(
            f'the skeleton {name!r} has no stand-alone network; register it in mmnas_mae.registry.SKELETONS, '
            f'where there are: {", ".join(sorted(known))}'
        )
    return known[name]()


def skeleton_of(network: nn.Module) -> str:
    """Name of the skeleton of a search network: its entry, or its class where it has none."""
    cls = type(network)
    return next((name for name, entry in SKELETONS.module_dict.items() if entry().search is cls), cls.__name__)


def skeleton_name(genotype: Genotype, space: Optional[SearchSpace] = None) -> str:
    """Name of the skeleton of an architecture: what it was found on, else what its space says.

    Args:
        genotype: the architecture.
        space: its space, by default the one that it names.

    Raises:
        ValueError: neither says one.
    """
    space = space or get_space(genotype.space)
    name = genotype.skeleton or space.skeleton
    if name is None:
        raise ValueError(f'space {space.name} has no stand-alone network: neither it nor the genotype names a skeleton')
    return name


def found_on(genotype: Genotype, network: nn.Module) -> Genotype:
    """The genotype with the skeleton and the settings of the search network that found it."""
    macro = dict(network.macro) if isinstance(network, BaseNetwork) else {}
    return replace(genotype, skeleton=skeleton_of(network), search=macro)


def unbound(network: Callable) -> tuple[Callable, dict[str, Any]]:
    """What a ``functools.partial`` calls, and the settings that it gives by name."""
    settings: dict[str, Any] = {}
    while isinstance(network, functools.partial):
        network, settings = network.func, {**network.keywords, **settings}
    return network, settings


def backbone_config(path: Union[str, os.PathLike], **macro: Any) -> dict[str, Any]:
    """The config of the backbone of a genotype file, for mmpretrain, mmdet or a pre-training.

    Args:
        path: the file.
        macro: settings of its skeleton, such as ``init_channels``, ``layers``, ``stem`` and ``in_channels``.

    Raises:
        ValueError: its skeleton has no network that a config could name.
        FileNotFoundError: there is no such file.
    """
    name = skeleton_name(load_genotype(path))
    skeleton = get_skeleton(name)
    if skeleton.retrain == 'backbone':
        return dict(type=f'{SCOPE}.GenotypeBackbone', genotype=str(path), **macro)
    network, settings = unbound(skeleton.network)
    if getattr(network, '__name__', None) not in MODELS.module_dict:
        raise ValueError(f'the network of the skeleton {name!r} is no registered class that a config could name')
    argument = next(iter(inspect.signature(skeleton.network).parameters))
    settings = {**settings, **macro, argument: str(path)}
    return dict(type=f'{SCOPE}.FeaturesOnly', network=dict(type=f'{SCOPE}.{network.__name__}', **settings))
