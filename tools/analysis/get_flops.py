"""Parameters and multiply-adds of the network that a config or a genotype describes, and which parts are counted.

Multiply-adds of convolutions and linear layers are counted. Of a search that is the search network, of a detector
backbone and neck, of a classifier all but the auxiliary head; architecture parameters are left out. With --budget the
network of a genotype is the widest within it.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Union

from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from torch import nn

from mmnas_mae.apis import build_network
from mmnas_mae.apis.network_flags import (
    add_budget_arguments,
    add_network_arguments,
    image_shape,
    network_size,
    read_limits,
)
from mmnas_mae.costs import Budget, CountedParts, fit, measure_complexity
from mmnas_mae.models import BaseNetwork
from mmnas_mae.models.build import model_settings
from mmnas_mae.spaces import load_genotype
from mmnas_mae.utils.command_line import add_import_argument, run_tool
from mmnas_mae.utils.config import read_config
from mmnas_mae.utils.options import OptionsAction
from mmnas_mae.utils.settings import explained


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('model', help='config file, genotype.json, published name or text of a genotype')
    add_network_arguments(parser)
    add_budget_arguments(parser, 'the network of a genotype', shape=False)
    parser.add_argument(
        '--fit',
        choices=['init_channels', 'layers', 'cells_per_stage'],
        default='init_channels',
        help='with --budget: the setting that is made as large as fits (default: init_channels)',
    )
    add_import_argument(parser)
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='settings that override the config')
    args = parser.parse_args()
    fitted = {}
    if Path(args.model).suffix == '.py':
        if args.budget:
            raise ValueError('--budget fits the network of a genotype; that of a config is fitted by tools/train.py')
        model = build_counted(read_config(args.model, args.cfg_options))
        parts = model.names
    else:
        genotype = load_genotype(args.model)
        size, classes = network_size(args, genotype)
        if args.budget:
            budget = Budget(**read_limits(args.budget), at=dict(size, num_classes=classes, image_size=args.shape))
            fitted = {args.fit: fit(genotype, budget, args.fit).at[args.fit]}
        size.update(fitted)
        model, parts = build_network(genotype.space, genotype, classes, **size), ('network',)
    shape = image_shape(args, *input_of(model))
    cost = measure_complexity(model, shape)
    print(json.dumps(dict(fitted, parts=parts, input=shape, **vars(cost), macs_m=round(cost.macs / 1e6, 1))))


def build_counted(cfg: Config) -> CountedParts:
    """What is counted of the model of a config.

    Raises:
        ValueError: the config has no model, or one that names what is not registered.
    """
    settings = model_settings(cfg)
    if not settings:
        raise ValueError(
            f'config {cfg.filename!r} has no model to count; that of a discrete search or of a study stands in the '
            'configs that it names'
        )
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    with explained(cfg):
        return CountedParts(MODELS.build(settings))


def input_of(model: nn.Module) -> tuple[Union[str, dict], int]:
    """The stem of a network, and the channels of its images.

    Of a network that has no such setting, the stem of DARTS that ends at its stride.
    """
    networks = [module for module in model.modules() if isinstance(module, BaseNetwork)]
    stems = [network.macro['stem'] for network in networks if 'stem' in network.macro]
    small = networks and max(stride for network in networks for stride in network.out_strides) < 32
    stem = stems[0] if stems else 'cifar' if small else 'imagenet'
    return stem, networks[0].in_channels if networks else 3


if __name__ == '__main__':
    sys.exit(main())
