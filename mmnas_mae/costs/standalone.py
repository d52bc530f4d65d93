"""What an architecture costs as the network that it is used as."""

from typing import NamedTuple

from ..models import skeleton_name
from ..models.build import build_network
from ..models.networks.base_network import image_channels
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


def standalone_cost(genotype: Genotype) -> StandaloneCost:
    """What the network of a genotype costs at its usual size: that of DARTS, else what its benchmark trained.

    Raises:
        ValueError: its skeleton has no stand-alone network.
    """
    stem, settings = genotype.search.get('stem', 'cifar'), {}
    named = stem if isinstance(stem, str) and stem in SIZES else 'cifar'
    channels, layers, classes = SIZES[named]
    if skeleton_name(genotype) == 'darts':
        settings = dict(init_channels=channels, layers=layers, stem=stem)
    shape = (image_channels(genotype, None), SIDES[named], SIDES[named])
    network = build_network(genotype.space, genotype, classes, **settings)
    size = f'{layers} cells of {channels} channels, ' if settings else ''
    return StandaloneCost(measure_complexity(network, shape), f'{size}images of {SIDES[named]} pixels')
