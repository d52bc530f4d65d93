"""Derives the genotype from a checkpoint of a search."""

import argparse
import sys
from pathlib import Path

import torch
from mmengine.config import Config, DictAction
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint

from mmnas_mae.models import found_on
from mmnas_mae.registry import MODELS
from mmnas_mae.spaces import discretize


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of the search')
    parser.add_argument('checkpoint', help='checkpoint of the search')
    parser.add_argument('--out', help='genotype file (default: genotype.json beside the checkpoint)')
    parser.add_argument('--exclude-none', action='store_true', help='never derive the operation none')
    parser.add_argument('--cfg-options', nargs='+', action=DictAction, help='settings that override the config')
    args = parser.parse_args()
    for what in (args.config, args.checkpoint):
        if not Path(what).is_file():
            raise FileNotFoundError(f'{what!r} does not exist')
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    init_default_scope(cfg.get('default_scope', 'mmpretrain'))
    model = MODELS.build(cfg.model)
    meta = load_checkpoint(model, args.checkpoint, map_location='cpu', strict=True)['meta']
    if args.exclude_none:
        with torch.no_grad():
            derived = discretize(model.arch.space, model.arch.strengths(), exclude_none=True)
    else:
        derived = model.genotype()
    derived = found_on(derived, model.backbone)
    genotype = derived.with_meta(dict(seed=meta.get('seed'), epoch=meta.get('epoch')))
    out = args.out or Path(args.checkpoint).with_name('genotype.json')
    genotype.save(out)
    print(model.arch.space.format(genotype))
    print(out)


if __name__ == '__main__':
    sys.exit(main())
