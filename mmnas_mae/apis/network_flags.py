"""Flags of the tools that build the network of a genotype."""

import argparse
from typing import Any, Union

from ..costs.standalone import SIZES, usual_side, usual_size
from ..models.networks.base_network import found_stem
from ..spaces import Genotype


def add_network_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags that say how large the network of a genotype and its images are."""
    parser.add_argument('--shape', type=int, nargs='+', help='height and width of the image (default: by the stem)')
    defaults = zip(('init-channels', 'layers', 'num-classes'), ('C', 'cells', 'classes'), *SIZES.values())
    for flag, what, small, large in defaults:
        text = f'{what} of a genotype (default: {small}, imagenet stem: {large}; another skeleton has its own)'
        parser.add_argument(f'--{flag}', type=int, help=text)
    parser.add_argument('--stem', choices=list(SIZES), help='stem of a genotype (default: that of its search)')


def network_size(args: argparse.Namespace, genotype: Genotype) -> tuple[dict[str, Any], int]:
    """Settings of the skeleton, and classes, that :func:`add_network_arguments` has read.

    What is not given is, on the skeleton of DARTS, as DARTS trains it; on another one, left to it.
    """
    settings, classes = usual_size(genotype, network_stem(args, genotype))
    given = {name: getattr(args, name) for name in ('init_channels', 'layers', 'stem')}
    settings.update({name: value for name, value in given.items() if value is not None})
    return settings, classes if args.num_classes is None else args.num_classes


def network_stem(args: argparse.Namespace, genotype: Genotype) -> Union[str, dict]:
    """The stem that was asked for, else that of the search which has found the genotype, else ``cifar``."""
    return args.stem or found_stem(genotype)


def image_shape(args: argparse.Namespace, stem: Union[str, dict], channels: int = 3) -> tuple[int, int, int]:
    """(channels, height, width) of an image: as ``--shape`` says, else 32 pixels for the stem ``cifar`` and 224."""
    sides = args.shape or [usual_side(stem)]
    return channels, sides[0], sides[-1]
