"""Derives the genotype from a checkpoint of a search, within the budget of the search where it has one."""

import argparse
import sys
from pathlib import Path

from mmnas_mae.models.build import build_search_model
from mmnas_mae.models.checkpoint import load_checked
from mmnas_mae.registry import HOOKS
from mmnas_mae.spaces import judge
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_import_argument, add_trust_argument, run_tool
from mmnas_mae.utils.config import read_config
from mmnas_mae.utils.options import OptionsAction


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('config', help='config of the search')
    parser.add_argument('checkpoint', help='checkpoint of the search')
    parser.add_argument('--out', help='genotype file (default: genotype.json beside the checkpoint)')
    parser.add_argument('--exclude-none', action='store_true', help='never derive the operation none')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='settings that override the config')
    add_import_argument(parser)
    add_trust_argument(parser)
    args = parser.parse_args()
    cfg = read_config(args.config, args.cfg_options)
    model = build_search_model(cfg)
    with trusted_checkpoints(args.trust_checkpoint):
        meta = load_checked(model, args.checkpoint, f'config {args.config!r}').get('meta', {})
    if budget := cfg.get('default_hooks', {}).get('budget'):
        HOOKS.build(budget).constrain(model)
    genotype = model.genotype(exclude_none=args.exclude_none or None)
    reasons = list(judge(genotype.cells, model.arch.space, genotype.meta['decision']).reasons().values())
    genotype = genotype.with_meta(seed=meta.get('seed'), epoch=meta.get('epoch'), warnings=reasons)
    out = args.out or Path(args.checkpoint).with_name('genotype.json')
    genotype.save(out)
    print(model.arch.space.format(genotype))
    for reason in reasons:
        print(f'warning: {reason}')
    print(out)


if __name__ == '__main__':
    sys.exit(main())
