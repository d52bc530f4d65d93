"""Parameters and multiply-adds of the network that a config or a genotype describes.

Multiply-adds of convolutions and linear layers are counted; the auxiliary head is left out.
"""

import argparse
import json
import sys
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.registry import MODELS, init_default_scope

from mmnas_mae.apis import build_network
from mmnas_mae.costs import measure_complexity


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('model', help='config file, genotype.json, published name or text of a genotype')
    parser.add_argument('--shape', type=int, nargs='+', help='height and width of the image (default: by the stem)')
    parser.add_argument('--init-channels', type=int, help='C of a genotype (default: 36, or 48 with --stem imagenet)')
    parser.add_argument('--layers', type=int, help='cells of a genotype (default: 20, or 14 with --stem imagenet)')
    parser.add_argument('--stem', choices=['cifar', 'imagenet'], default='cifar', help='stem of a genotype')
    parser.add_argument('--num-classes', type=int, help='classes of a genotype (default: 10, or 1000)')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, help='settings that override the config')
    args = parser.parse_args()
    if Path(args.model).suffix == '.py':
        cfg = Config.fromfile(args.model)
        cfg.merge_from_dict(args.cfg_options or {})
        init_default_scope(cfg.get('default_scope', 'mmpretrain'))
        model = MODELS.build(dict(cfg.model, data_preprocessor=cfg.get('data_preprocessor')))
        model.forward = getattr(model, 'extract_feat', model.forward)
        stem = cfg.model.backbone.get('stem', 'cifar')
    else:
        stem = args.stem
        size = dict(cifar=(36, 20, 10), imagenet=(48, 14, 1000))[stem]
        channels, layers, classes = (
            given or default for given, default in zip((args.init_channels, args.layers, args.num_classes), size)
        )
        model = build_network('darts', args.model, classes, init_channels=channels, layers=layers, stem=stem)
    shape = args.shape or ([32] if stem == 'cifar' else [224])
    shape = (3, shape[0], shape[-1])
    result = measure_complexity(model, shape)
    print(json.dumps(dict(input=shape, params=result.params, macs=result.macs, macs_m=round(result.macs / 1e6, 1))))


if __name__ == '__main__':
    sys.exit(main())
