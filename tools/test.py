"""Tests a checkpoint: accuracy, detection AP, or the held-out reconstruction loss of a search."""

import argparse
import sys
from pathlib import Path

from mmengine.fileio import dump

from mmnas_mae.apis.launch import add_common_arguments, build_runner, config_from_arguments
from mmnas_mae.models.checkpoint import load_checked
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_trust_argument, run_tool
from mmnas_mae.utils.settings import explained
from mmnas_mae.utils.unwrap import unwrap


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_common_arguments(parser)
    add_trust_argument(parser)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--out', help='writes the metrics to this file (.json, .yml or .pkl)')
    args = parser.parse_args()
    if not Path(args.checkpoint).is_file():
        raise FileNotFoundError(f'checkpoint {args.checkpoint!r} does not exist')
    cfg = config_from_arguments(args)
    cfg.load_from = args.checkpoint
    if cfg.get('test_dataloader') is None:
        raise ValueError(f'config {args.config!r} has no test_dataloader')
    with trusted_checkpoints(args.trust_checkpoint), explained(cfg):
        runner = build_runner(cfg)
        # MMEngine loads what fits and leaves all else at random.
        load_checked(unwrap(runner.model), args.checkpoint, f'config {args.config!r}')
        metrics = runner.test()
    if args.out:
        dump(metrics, args.out)


if __name__ == '__main__':
    sys.exit(main())
