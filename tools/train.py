"""Trains what a config describes: a search, a retraining or a detector."""

import argparse
import os
import shlex
import sys
import traceback
from typing import Mapping, Sequence

from mmengine.dist import is_main_process

from mmnas_mae.apis.launch import add_train_arguments, load_config
from mmnas_mae.apis.stages import train
from mmnas_mae.apis.work_dir import claim_work_dir
from mmnas_mae.utils.checkpoints.safe import trusted_checkpoints
from mmnas_mae.utils.command_line import add_trust_argument, run_tool
from mmnas_mae.utils.errors import DivergedError, HaltedError, SetupError


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
        sys.exit(f'\ninterrupted; to go on: {resume_command(sys.argv, os.environ)}' if is_main_process() else 1)
    except (SetupError, DivergedError):
        raise
    except HaltedError as error:
        sys.exit(f'error: {error}; to go on: {resume_command(sys.argv, os.environ)}')
    except Exception:  # a fault in the midst of training is looked for in the code
        traceback.print_exc()
        sys.exit(1)


def resume_command(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """The command that goes on with a run from its last checkpoint, on as many processes.

    Args:
        argv: the command line of the run.
        environ: its environment, in which a launcher says how many processes there are.
    """
    kept = [argument for argument in argv if argument != '--overwrite']
    if '--resume' in kept:
        place = kept.index('--resume')
        given = kept[place + 1 : place + 2]
        del kept[place : place + (2 if given and not given[0].startswith('-') else 1)]
    return shlex.join([*_launch(kept, environ), *kept, '--resume', 'auto'])


def _launch(argv: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """What stands before the script."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument('--launcher')
    launcher = parser.parse_known_args(argv)[0].launcher
    if launcher == 'slurm':
        return ['srun', f'--ntasks={environ.get("SLURM_NTASKS", 1)}', 'python']
    if launcher == 'mpi':
        return ['mpirun', '-np', environ.get('OMPI_COMM_WORLD_SIZE', '1'), 'python']
    if launcher != 'pytorch':
        return ['python']
    world = int(environ.get('WORLD_SIZE', 1))
    # Processes that somebody has started without torch's own launcher are taken for those of one machine.
    local = int(environ.get('LOCAL_WORLD_SIZE', world))
    run = ['python', '-m', 'torch.distributed.run', f'--nproc_per_node={local}']
    if world > local:
        place = dict(node_rank='GROUP_RANK', master_addr='MASTER_ADDR', master_port='MASTER_PORT')
        run += [f'--nnodes={world // local}', *(f'--{flag}={environ[name]}' for flag, name in place.items())]
    return run


if __name__ == '__main__':
    sys.exit(main())
