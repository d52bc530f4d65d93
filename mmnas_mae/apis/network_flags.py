"""Flags of the tools that build the network of a genotype, and of those that keep within a budget."""

import argparse
import re
from typing import Any, Sequence, Union

from ..costs.budget import METRICS
from ..costs.standalone import SIZES, usual_side, usual_size
from ..models.networks.base_network import found_stem
from ..spaces import Genotype
from ..utils.command_line import within
from ..utils.ranges import COUNT

_SHAPE_HELP = 'height and width of the image (default: by the stem)'
_UNITS = {'': 1, 'K': 1e3, 'M': 1e6, 'G': 1e9}
_LIMIT = re.compile(r'(?:([a-z_]+)=)?([0-9]+(?:\.[0-9]*)?(?:[eE][0-9]+)?)([KMG]?)')


def add_network_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags that say how large the network of a genotype and its images are."""
    parser.add_argument('--shape', type=int, action=within(COUNT), nargs='+', help=_SHAPE_HELP)
    defaults = zip(('init-channels', 'layers', 'num-classes'), ('C', 'cells', 'classes'), *SIZES.values())
    for flag, what, small, large in defaults:
        text = f'{what} of a genotype (default: {small}, imagenet stem: {large}; another skeleton has its own)'
        parser.add_argument(f'--{flag}', type=int, action=within(COUNT), help=text)
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
    """(channels, height, width) of an image: as ``--shape`` says, else 32 pixels for the stem ``cifar`` and 224.

    Raises:
        ValueError: ``--shape`` is no side, and no height and width.
    """
    sides = args.shape or [usual_side(stem)]
    if len(sides) > 2:
        raise ValueError(f'--shape takes one side or height and width, got {sides}')
    return channels, sides[0], sides[-1]


def add_budget_arguments(parser: argparse.ArgumentParser, what: str, shape: bool = True) -> None:
    """The flag ``--budget`` and, for tools that have no other use for it, ``--shape``.

    Args:
        what: what keeps within the budget, for the help.
    """
    text = f'what {what} may cost, multiply-adds as in 300M or with names: macs=300M params=5M'
    parser.add_argument('--budget', nargs='+', metavar='LIMIT', help=text)
    if shape:
        parser.add_argument('--shape', type=int, action=within(COUNT), nargs='+', help=f'with --budget: {_SHAPE_HELP}')


def budget_options(args: argparse.Namespace) -> dict[str, Any]:
    """What :func:`add_budget_arguments` has read, as options of a config by dotted keys.

    Raises:
        ValueError: a limit has another form.
    """
    options = {f'budget.{metric}': limit for metric, limit in read_limits(args.budget or []).items()}
    return {**options, **({'budget.at.image_size': args.shape} if args.shape else {})}


def read_limits(texts: Sequence[str]) -> dict[str, float]:
    """Limits by metric from texts such as ``300M`` (multiply-adds) and ``params=5M``.

    Raises:
        ValueError: a text has another form.
    """
    limits = {}
    for text in texts:
        match = _LIMIT.fullmatch(text)
        if match is None or match[1] not in (None, *METRICS):
            metrics = ', '.join(METRICS)
            raise ValueError(f'a budget reads 300M or params=5M, with K, M or G, and limits {metrics}, got {text!r}')
        limits[match[1] or 'macs'] = float(match[2]) * _UNITS[match[3]]
    return limits
