"""Hooks that watch or disturb a search which ``tools/train.py`` runs in a process of its own, by ``--import``."""

import ctypes
import gc
import json
import os
import signal
from pathlib import Path
from typing import Any

from mmengine.dist import get_rank
from mmengine.hooks import Hook
from mmengine.runner import Runner

from mmnas_mae.registry import HOOKS


@HOOKS.register_module()
class ResourceUseHook(Hook):
    """Appends a line of JSON to ``resources.jsonl`` after every ``interval`` steps of training.

    Its numbers: ``step``; ``resident``, the memory of the process in bytes; ``held``, the part of it that is no file,
    after garbage has been collected and what the allocator keeps for later given back; ``handles``, the files that are
    open; the number of ``checkpoints`` with their checksums, ``checkpoint_bytes``, and ``other_bytes`` below the work
    directory.

    Args:
        interval: in steps.
    """

    priority = 'LOWEST'

    def __init__(self, interval: int) -> None:
        self.interval = interval

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        if not self.every_n_train_iters(runner, self.interval):
            return
        resident = _status('VmRSS')
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)
        files = [path for path in Path(runner.work_dir).rglob('*') if path.is_file()]
        checkpoints = [path.stat().st_size for path in files if '.pth' in path.name]
        record = dict(
            step=runner.iter + 1,
            resident=resident,
            held=_status('RssAnon'),
            handles=len(os.listdir('/proc/self/fd')),
            checkpoints=len(checkpoints),
            checkpoint_bytes=sum(checkpoints),
            other_bytes=sum(path.stat().st_size for path in files if '.pth' not in path.name),
        )
        with open(Path(runner.work_dir, 'resources.jsonl'), 'a') as file:
            file.write(json.dumps(record) + '\n')


def _status(name: str) -> int:
    """Bytes of a kind of memory of this process."""
    lines = Path('/proc/self/status').read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(f'{name}:'))


@HOOKS.register_module()
class KillRankHook(Hook):
    """Kills one process of a run in the midst of an epoch, where nobody can catch it.

    Args:
        rank: of the process.
        epoch: the epoch, from 1.
    """

    priority = 'HIGHEST'

    def __init__(self, rank: int, epoch: int) -> None:
        self.rank, self.epoch = rank, epoch

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        if runner.epoch + 1 == self.epoch and batch_idx == 1 and get_rank() == self.rank:
            os.kill(os.getpid(), signal.SIGKILL)


@HOOKS.register_module()
class FillDiskHook(Hook):
    """Fills the disk of the work directory at the start of an epoch.

    Args:
        epoch: the epoch, from 1.
        left: bytes that are left.
    """

    def __init__(self, epoch: int, left: int) -> None:
        self.epoch, self.left = epoch, left

    def before_train_epoch(self, runner: Runner) -> None:
        if runner.epoch + 1 != self.epoch:
            return
        disk = os.statvfs(runner.work_dir)
        Path(runner.work_dir, 'filler').write_bytes(bytes(disk.f_bavail * disk.f_frsize - self.left))
