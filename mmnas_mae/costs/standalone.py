"""What an architecture costs as the network that it is used as."""

from typing import Any, NamedTuple, Union

from ..models import skeleton_name
from ..models.build import build_network
from ..models.networks.base_network import found_stem, image_channels
from ..spaces import Genotype
from .complexity import Complexity, measure_complexity

#: (channels, cells, classes) of a derived network by its stem, as DARTS trains it on CIFAR-10 and ImageNet.
SIZES = dict(cifar=(36, 20, 10), imagenet=(48, 14, 1000))
#: Side of an image by stem, in pixels.
SIDES = dict(cifar=32, imagenet=224)


class StandaloneCost(NamedTuple):
    """A cost and what of.

    Args:
        complexity: parameters and multiply-adds.
        network: the size of the network and of its images, in words.
    """

    complexity: Complexity
    network: str


def usual_size(genotype: Genotype, stem: Union[str, dict]) -> tuple[dict[str, Any], int]:
    """Settings of the skeleton and classes of the network of a genotype: as DARTS trains it, else left to its skeleton.

    Args:
        stem: the stem; a module of one's own has the size of ``cifar``.
    """
    channels, layers, classes = SIZES.get(stem if isinstance(stem, str) else 'cifar', SIZES['cifar'])
    is_darts = skeleton_name(genotype) == 'darts'
    return dict(init_channels=channels, layers=layers, stem=stem) if is_darts else {}, classes


def usual_side(stem: Union[str, dict]) -> int:
    """Side of an image in pixels by the stem, 224 for all but ``cifar``."""
    return SIDES['cifar' if stem == 'cifar' else 'imagenet']


def standalone_cost(genotype: Genotype) -> StandaloneCost:
    """What the network of a genotype costs at its usual size: that of DARTS, else what its benchmark trained.

    Raises:
        ValueError: its skeleton has no stand-alone network.
    """
    stem = found_stem(genotype)
    settings, classes = usual_size(genotype, stem)
    side = usual_side(stem)
    network = build_network(genotype.space, genotype, classes, **settings)
    cost = measure_complexity(network, (image_channels(genotype, None), side, side))
    size = '{layers} cells of {init_channels} channels, '.format(**settings) if settings else ''
    return StandaloneCost(cost, f'{size}images of {side} pixels')
