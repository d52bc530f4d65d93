"""From the command line to a runner, for tools/train.py and tools/test.py."""

import argparse
import errno
import logging
import os
from pathlib import Path
from typing import Any, Iterator, Optional

import torch
import torch.distributed as dist
from mmengine.config import Config, ConfigDict
from mmengine.hooks import Hook
from mmengine.logging import MMLogger
from mmengine.registry import RUNNERS
from mmengine.runner import Runner

from ..utils.checkpoints.files import newest_checkpoint
from ..utils.command_line import add_import_argument
from ..utils.compiled_ops import NEEDED_BY, check_compiled_ops
from ..utils.config import LOADERS, read_config
from ..utils.errors import INPUT_ERRORS, HaltedError, SetupError, one_line, shorten
from ..utils.options import OptionsAction
from ..utils.settings import check_settings, explain
from .network_flags import add_budget_arguments, budget_options
from .progress import Progress

#: Hooks that MMEngine registers by itself, unless they are None.
MMENGINE_HOOKS = ('runtime_info', 'timer', 'sampler_seed', 'logger', 'param_scheduler', 'checkpoint')
#: Lines of a message that a terminal still shows.
_MOST_LINES = 4


def add_common_arguments(parser: argparse.ArgumentParser, config: Optional[str] = None) -> None:
    """Flags that training and testing share, named as in mmpretrain.

    Args:
        config: the config of a tool that has one; without it the command line names it.
    """
    if config is None:
        parser.add_argument('config', help='config file; configs/... and mmnas_mae::... come with the package')
    else:
        parser.add_argument('--config', default=config, help=f'config file (default: {config})')
    parser.add_argument('--work-dir', help='folder for logs and checkpoints')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=OptionsAction,
        help='settings that override the config, as key=value; nested keys with dots, lists as "[a,b]"',
    )
    add_budget_arguments(parser, 'the network that is found, or trained,')
    add_import_argument(parser)
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none', help='job launcher')
    parser.add_argument('--no-pin-memory', action='store_true', help='do not pin memory in data loaders')
    parser.add_argument('--no-persistent-workers', action='store_true', help='restart data workers every epoch')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)


def add_train_arguments(parser: argparse.ArgumentParser, config: Optional[str] = None) -> None:
    """Flags of training, named as in mmpretrain; ``config`` as for :func:`add_common_arguments`."""
    add_common_arguments(parser, config)
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='go on from a checkpoint; without a path (or with "auto") from the latest in the work directory',
    )
    parser.add_argument(
        '--overwrite',
        action='store_true',
        help='remove what an earlier run has left in the work directory, which is refused otherwise',
    )
    parser.add_argument('--amp', action='store_true', help='automatic mixed precision, in every optimizer step')
    parser.add_argument('--no-validate', action='store_true', help='do not evaluate while training')
    parser.add_argument('--auto-scale-lr', action='store_true', help='scale the learning rate with the batch size')


def config_from_arguments(args: argparse.Namespace) -> Config:
    """Reads the config and merges the flags into it.

    Raises:
        FileNotFoundError: there is no such config.
        ModuleNotFoundError: a module of ``custom_imports`` cannot be imported.
        RuntimeError: ``--amp`` without a device that supports it.
        ValueError: a class of this package is named without its prefix.
    """
    # Options first, so that the other flags see what they have set.
    cfg = read_config(args.config, {**budget_options(args), **(args.cfg_options or {})})
    cfg.launcher = args.launcher
    for name in LOADERS:
        if cfg.get(name) is not None:
            defaults = dict(pin_memory=torch.cuda.is_available(), persistent_workers=True)
            # Their images differ in size, so they collate to lists, as MMEngine does by itself.
            if cfg.get('default_scope') not in NEEDED_BY:
                defaults['collate_fn'] = dict(type='default_collate')
            cfg[name] = ConfigDict({**defaults, **cfg[name]})
            if args.no_pin_memory:
                cfg[name].pin_memory = False
            if args.no_persistent_workers:
                cfg[name].persistent_workers = False
    if getattr(args, 'no_validate', False):
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    if getattr(args, 'auto_scale_lr', False):
        cfg.setdefault('auto_scale_lr', ConfigDict()).enable = True
    if getattr(args, 'amp', False):
        _enable_amp(cfg.optim_wrapper)
    _set_resume(cfg, getattr(args, 'resume', None))
    cfg.work_dir = args.work_dir or cfg.get('work_dir') or str(Path('work_dirs', Path(args.config).stem))
    for name in LOADERS:
        if cfg.get(name) is not None and not cfg[name].get('num_workers'):
            # Persistent workers need workers.
            cfg[name].num_workers = 0
            cfg[name].persistent_workers = False
    return cfg


class BriefRunner(Runner):
    """MMEngine's runner, which leaves long messages (environment, config, hooks) to the log file."""

    def build_logger(self, *args: Any, **kwargs: Any) -> MMLogger:
        """The logger of MMEngine, whose handlers of the terminal pass over messages of many lines."""
        logger = super().build_logger(*args, **kwargs)
        for handler in logger.handlers:
            if not isinstance(handler, logging.FileHandler) and _is_brief not in handler.filters:
                handler.addFilter(_is_brief)
        return logger


def _is_brief(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.getMessage().count('\n') < _MOST_LINES


def run_training(cfg: Config) -> Runner:
    """Builds the runner of a config and trains.

    What fails before the first step is done is an error of the settings; later ones keep their class.

    Raises:
        SetupError: the settings cannot be run, with the reason on one line.
        HaltedError: the disk is full, or another process of the run has ended.
    """
    begun = _FirstStep()
    try:
        runner = build_runner(cfg)
        runner.register_hook(begun, priority='LOWEST')
        runner.register_hook(Progress())
        runner.train()
    except Exception as error:
        if outside := _outside(error, cfg.work_dir):
            raise HaltedError(outside) from error
        if begun.done:
            raise
        reason = error if (meaning := explain(error, cfg)) is None else ValueError(meaning)
        raise SetupError(one_line(reason, kind=not isinstance(reason, INPUT_ERRORS))) from error
    return runner


def _outside(error: BaseException, folder: str) -> Optional[str]:
    """What has ended a training from outside, on one line; None where nothing has."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f'there is no space left for {folder!r}: {error.strerror}'
    is_of_group = isinstance(error, dist.DistError) or (isinstance(error, RuntimeError) and 'gloo' in str(error))
    if is_of_group and dist.is_initialized() and dist.get_world_size() > 1:
        return f'process {dist.get_rank()} has lost another one of this run: {shorten(one_line(error, kind=False))}'
    return None


class _FirstStep(Hook):
    """Notes that a step has been done."""

    done = False

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        self.done = True


def training_config(*arguments: str) -> Config:
    """The config of a training from the arguments of ``tools/train.py``, for notebooks.

    Args:
        arguments: the config file and flags, such as ``'--cfg-options', 'train_cfg.max_epochs=10'``.

    Raises:
        As :func:`config_from_arguments`.

    Example:
        >>> cfg = training_config('config.py', '--work-dir', 'work_dirs/mine')
        >>> build_runner(cfg).train()
    """
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    return config_from_arguments(parser.parse_args(arguments))


def build_runner(cfg: Config) -> Runner:
    """Sets up processes where needed and builds the runner of the config.

    A run that resumes without a path goes on from the newest whole checkpoint in its work directory,
    wherever that has been moved.

    Raises:
        FileNotFoundError: the checkpoint to resume from is not there.
        RuntimeError: a config of mmdet or mmsegmentation without mmcv's compiled operators.
        ValueError: a setting cannot be, see :func:`mmnas_mae.utils.settings.check_settings`.
    """
    check_settings(cfg)
    if cfg.get('default_scope') in NEEDED_BY:
        check_compiled_ops(cfg.default_scope)
    if cfg.get('sync_bn') is not None:
        # MMEngine's own way replaces normalisations by ones that take no mask and need a GPU.
        cfg.sync_bn = None
        cfg.custom_hooks = [*(cfg.get('custom_hooks') or []), dict(type='mmnas_mae.SyncBatchNormHook')]
    if cfg.launcher == 'pytorch' and not torch.cuda.is_available():
        # MMEngine's own set-up selects a CUDA device; on CPUs the group is made here.
        os.environ.setdefault('LOCAL_RANK', '0')
        if not dist.is_initialized():
            dist.init_process_group('gloo')
        cfg.setdefault('model_wrapper_cfg', ConfigDict(type='MMDistributedDataParallel', broadcast_buffers=False))
        cfg.model_wrapper_cfg.device_ids = None
        cfg.model_wrapper_cfg.find_unused_parameters = cfg.get('find_unused_parameters', False)
    _drop_hooks(cfg)
    latest = _last_checkpoint(cfg) if cfg.get('resume') and cfg.get('load_from') is None else None
    runner = BriefRunner.from_cfg(cfg) if 'runner_type' not in cfg else RUNNERS.build(cfg)
    if latest is not None:
        # Not in the config, which the runner writes down for runs to come.
        runner._load_from = latest
    return runner


def _last_checkpoint(cfg: Config) -> Optional[str]:
    """The newest checkpoint that is whole; MMEngine takes what its note names, under the path of that day.

    None leaves it to MMEngine: nothing was written, or not into the work directory.
    """
    hook = (cfg.get('default_hooks') or {}).get('checkpoint') or {}
    newest = None if hook.get('out_dir') else newest_checkpoint(cfg.work_dir)
    return None if newest is None else str(newest)


def _drop_hooks(cfg: Config) -> None:
    """Leaves out the default hooks that a config sets to None; MMEngine does so for its own only."""
    hooks = cfg.get('default_hooks') or {}
    for name in [name for name, hook in hooks.items() if hook is None and name not in MMENGINE_HOOKS]:
        hooks.pop(name)


def _set_resume(cfg: Config, resume: Any) -> None:
    if resume == 'auto':
        cfg.resume, cfg.load_from = True, None
    elif resume is not None:
        if not Path(resume).is_file():
            raise FileNotFoundError(f'--resume: checkpoint {resume!r} does not exist')
        cfg.resume, cfg.load_from = True, resume


def _optim_wrappers(optim_wrapper: ConfigDict) -> Iterator[ConfigDict]:
    """The wrapper itself, or those nested in it where there are several optimizers."""
    if 'optimizer' in optim_wrapper:
        yield optim_wrapper
    else:
        yield from (value for value in optim_wrapper.values() if isinstance(value, dict))


def _enable_amp(optim_wrapper: ConfigDict) -> None:
    if not torch.cuda.is_available():
        raise RuntimeError('--amp needs a GPU: AmpOptimWrapper does not run on the CPU')
    for wrapper in _optim_wrappers(optim_wrapper):
        if wrapper.get('type', 'OptimWrapper') not in ('OptimWrapper', 'AmpOptimWrapper'):
            raise RuntimeError(f'--amp replaces OptimWrapper only, got {wrapper.type}')
        wrapper.type = 'AmpOptimWrapper'
        wrapper.setdefault('loss_scale', 'dynamic')
