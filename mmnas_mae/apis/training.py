"""A training from a config, by a command or in Python."""

import argparse
import os
import shlex
import sys
import traceback
from typing import Any, Mapping, Optional, Sequence, Union

from mmengine.config import Config
from mmengine.dist import is_main_process

from ..utils.checkpoints.safe import trusted_checkpoints
from ..utils.errors import DivergedError, HaltedError, SetupError
from .launch import add_train_arguments, config_from_arguments
from .stages import run_stages
from .work_dir import claim_work_dir


def load_config(
    config: Union[str, os.PathLike],
    options: Optional[Mapping[str, Any]] = None,
    work_dir: Union[None, str, os.PathLike] = None,
) -> Config:
    """The config of a training, as ``tools/train.py`` reads it.

    Args:
        config: its file, or one that comes with the package, such as ``mmnas_mae::search/maenas_...py``.
        options: settings that override it, by dotted keys: ``{'train_cfg.max_epochs': 10}``.
        work_dir: where the training works; ``work_dirs/<name of the config>`` by default.

    Raises:
        FileNotFoundError: there is no such config.
        ModuleNotFoundError: a module of ``custom_imports`` cannot be imported.
        ValueError: an option is no setting, or the config cannot be as it is.
    """
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    args = parser.parse_args([os.fspath(config)])
    args.cfg_options = dict(options or {})
    args.work_dir = None if work_dir is None else os.fspath(work_dir)
    return config_from_arguments(args)


def train(cfg: Config, overwrite: bool = False, trust_checkpoint: bool = False) -> None:
    """Runs a config of :func:`load_config`: a search, a retraining or a detector, in one stage or several.

    Args:
        cfg: the config. ``cfg.resume = True`` goes on with the run in its work directory.
        overwrite: removes an earlier run from the work directory, which is refused otherwise.
        trust_checkpoint: reads checkpoints that execute something when they are read.

    Raises:
        SetupError: the settings cannot be run.
        ValueError: the work directory holds an earlier run.
    """
    claim_work_dir(cfg, overwrite)
    with trusted_checkpoints(trust_checkpoint):
        run_stages(cfg)


def train_from_arguments(args: argparse.Namespace, options: Optional[Mapping[str, Any]] = None) -> Config:
    """A training by the flags of :func:`mmnas_mae.apis.launch.add_train_arguments` and ``--trust-checkpoint``.

    A wrong setting is raised; a fault in the midst of the training ends the process with its traceback, an interrupt
    with the command that goes on.

    Args:
        options: settings that override the config, under those of the command line.
    """
    args.cfg_options = {**(options or {}), **(args.cfg_options or {})}
    cfg = config_from_arguments(args)
    claim_work_dir(cfg, args.overwrite)
    try:
        with trusted_checkpoints(args.trust_checkpoint):
            run_stages(cfg)
    except KeyboardInterrupt:
        sys.exit(f'\ninterrupted; to go on: {resume_command(sys.argv, os.environ)}' if is_main_process() else 1)
    except (SetupError, DivergedError):
        raise
    except HaltedError as error:
        sys.exit(f'error: {error}; to go on: {resume_command(sys.argv, os.environ)}')
    except Exception:  # a fault in the midst of training is looked for in the code
        traceback.print_exc()
        sys.exit(1)
    return cfg


def resume_command(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """The command that goes on with a run from its last checkpoint, on as many processes.

    Args:
        argv: the command line of the run.
        environ: its environment, in which a launcher says how many processes there are.
    """
    command, *arguments = argv
    # The command `mmnas` names itself and its subcommand there, which no launcher starts.
    own = command.split() if command.startswith('mmnas ') else None
    kept = [*([] if own else [command]), *(argument for argument in arguments if argument != '--overwrite')]
    if '--resume' in kept:
        place = kept.index('--resume')
        given = kept[place + 1 : place + 2]
        del kept[place : place + (2 if given and not given[0].startswith('-') else 1)]
    return shlex.join([*(own or _launch(kept, environ)), *kept, '--resume', 'auto'])


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
