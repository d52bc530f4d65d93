"""What an architecture costs as the network that it is used as."""

from typing import Any, NamedTuple, Optional, Sequence, Union

import torch
from torch import nn

from ..models import skeleton_name
from ..models.build import build_network
from ..models.networks.base_network import found_stem, image_channels
from ..spaces import Genotype
from ..utils.errors import one_line
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


class NetworkSize(NamedTuple):
    """How large a stand-alone network and its images are.

    Args:
        settings: of its skeleton, as for :func:`mmnas_mae.apis.build_network`.
        num_classes: number of classes.
        shape: (C, H, W) of an image.
    """

    settings: dict[str, Any]
    num_classes: int
    shape: tuple[int, int, int]


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


def size_at(
    genotype: Genotype,
    image_size: Union[None, int, Sequence[int]] = None,
    num_classes: Optional[int] = None,
    **settings: Any,
) -> NetworkSize:
    """The size of the network of a genotype: what is given, for the rest the usual one.

    Args:
        image_size: side of an image in pixels, or its height and width.
        num_classes: number of classes.
        settings: of the skeleton, such as ``init_channels``, ``layers`` and ``stem``.

    Raises:
        ValueError: the image size has another form.
    """
    stem = settings['stem'] if 'stem' in settings else found_stem(genotype)
    usual, classes = usual_size(genotype, stem)
    sides = [usual_side(stem)] if image_size is None else [image_size] if isinstance(image_size, int) else image_size
    sides = list(sides) if isinstance(sides, (list, tuple)) else [sides]
    if len(sides) not in (1, 2) or not all(isinstance(side, int) and side > 0 for side in sides):
        raise ValueError(f'image_size must be one or two numbers of pixels, got {image_size!r}')
    shape = (image_channels(genotype, settings.get('in_channels')), sides[0], sides[-1])
    return NetworkSize({**usual, **settings}, classes if num_classes is None else num_classes, shape)


def build_standalone(genotype: Genotype, size: NetworkSize, device: str = 'meta') -> nn.Module:
    """The network of a genotype at a size, in eval mode; on the device ``meta`` without its weights.

    Raises:
        ValueError: there is no such network, or its skeleton has not that setting.
    """
    try:
        with torch.device(device):
            return build_network(genotype.space, genotype, size.num_classes, **size.settings).eval()
    except TypeError as error:
        raise ValueError(f'the network of {genotype.space!r}: {one_line(error, kind=False)}') from error


def standalone_cost(genotype: Genotype) -> StandaloneCost:
    """What the network of a genotype costs at its usual size: that of DARTS, else what its benchmark trained.

    Raises:
        ValueError: its skeleton has no stand-alone network.
    """
    size = size_at(genotype)
    cells = '{layers} cells of {init_channels} channels, '.format(**size.settings) if size.settings else ''
    # Not on `meta`: a stem of one's own may compute what it is built from.
    cost = measure_complexity(build_standalone(genotype, size, 'cpu'), size.shape)
    return StandaloneCost(cost, f'{cells}images of {size.shape[-1]} pixels')
