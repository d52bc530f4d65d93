"""Trains what a config describes: a search, a retraining or a detector."""

import argparse
import shlex
import sys

from mmnas_mae.apis.launch import add_train_arguments, claim_work_dir, load_config
from mmnas_mae.apis.stages import train
from mmnas_mae.utils.command_line import run_tool


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_train_arguments(parser)
    args = parser.parse_args()
    cfg = load_config(args)
    claim_work_dir(cfg, args.overwrite)
    try:
        train(cfg)
    except KeyboardInterrupt:
        again = shlex.join([sys.executable, *sys.argv])
        sys.exit(f'\ninterrupted; to go on: {again}' + ('' if '--resume' in sys.argv else ' --resume auto'))


if __name__ == '__main__':
    sys.exit(main())
