"""Trains what a config describes: a search, a retraining or a detector."""

import argparse
import shlex
import sys
import traceback
from typing import Sequence

from mmnas_mae.apis.launch import add_train_arguments, load_config
from mmnas_mae.apis.stages import train
from mmnas_mae.apis.work_dir import claim_work_dir
from mmnas_mae.utils.command_line import add_trust_argument, run_tool
from mmnas_mae.utils.errors import DivergedError, SetupError
from mmnas_mae.utils.safe_checkpoint import trusted_checkpoints


@run_tool
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_train_arguments(parser)
    add_trust_argument(parser)
    args = parser.parse_args()
    cfg = load_config(args)
    claim_work_dir(cfg, args.overwrite)
    try:
        with trusted_checkpoints(args.trust_checkpoint):
            train(cfg)
    except KeyboardInterrupt:
        sys.exit(f'\ninterrupted; to go on: {resume_command(sys.argv)}')
    except (SetupError, DivergedError):
        raise
    except Exception:  # a fault in the midst of training is looked for in the code
        traceback.print_exc()
        sys.exit(1)


def resume_command(argv: Sequence[str]) -> str:
    """The command that goes on with a run from its last checkpoint, on one process."""
    kept = [argument for argument in argv if argument != '--overwrite']
    if '--resume' in kept:
        place = kept.index('--resume')
        given = kept[place + 1 : place + 2]
        del kept[place : place + (2 if given and not given[0].startswith('-') else 1)]
    return shlex.join(['python', *kept, '--resume', 'auto'])


if __name__ == '__main__':
    sys.exit(main())
