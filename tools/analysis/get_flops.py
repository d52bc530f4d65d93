"""Parameters and multiply-adds of the network that a config or a genotype describes.

Multiply-adds of convolutions and linear layers are counted; the auxiliary head is left out.
"""

import argparse
import json
import sys
from pathlib import Path

from mmengine.registry import MODELS, init_default_scope

from mmnas_mae.apis import build_network
from mmnas_mae.apis.command_line import (
    add_import_argument,
    add_network_arguments,
    image_shape,
    network_size,
    network_stem,
    run_tool,
)
from mmnas_mae.costs import measure_complexity
from mmnas_mae.models.networks.base_network import image_channels
from mmnas_mae.spaces import load_genotype
from mmnas_mae.utils.config import read_config
from mmnas_mae.utils.options import OptionsAction


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('model', help='config file, genotype.json, published name or text of a genotype')
    add_network_arguments(parser)
    add_import_argument(parser)
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='settings that override the config')
    args = parser.parse_args()
    if Path(args.model).suffix == '.py':
        cfg = read_config(args.model, args.cfg_options)
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
        model = MODELS.build(dict(cfg.model, data_preprocessor=cfg.get('data_preprocessor')))
        model.forward = getattr(model, 'extract_feat', model.forward)
        stem, channels = cfg.model.backbone.get('stem', 'cifar'), cfg.model.backbone.get('in_channels') or 3
    else:
        genotype = load_genotype(args.model)
        stem, (size, classes) = network_stem(args, genotype), network_size(args, genotype)
        channels = image_channels(genotype, None)
        model = build_network(genotype.space, genotype, classes, **size)
    shape = image_shape(args, stem, channels)
    result = measure_complexity(model, shape)
    print(json.dumps(dict(input=shape, params=result.params, macs=result.macs, macs_m=round(result.macs / 1e6, 1))))


if __name__ == '__main__':
    sys.exit(main())
