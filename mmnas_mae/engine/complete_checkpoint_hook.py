"""Checkpoints that are complete or absent."""

from pathlib import Path
from typing import Any, Iterator, Mapping, Optional

import torch
from mmengine.dist import is_main_process, master_only
from mmengine.hooks import CheckpointHook
from mmengine.runner import Runner
from torch import Tensor

from ..registry import HOOKS
from ..utils.checkpoints.files import clean, point_to, remove, sealing
from ..utils.errors import DivergedError


@HOOKS.register_module()
class CompleteCheckpointHook(CheckpointHook):
    """MMEngine's hook, whose files survive a kill, a full disk and a loss of power at any moment.

    A checkpoint is written aside, read again, given a checksum and put in its place in one step; then the pointer to it
    is, and only then are older ones removed. One with NaN or infinity in it is not written, since it would
    in time replace the last good one. What a killed run has left half-written is removed when the next one begins.

    Args:
        kwargs: of :class:`mmengine.hooks.CheckpointHook`; ``out_dir`` must be a folder of this machine.

    Raises:
        DivergedError: weights, architecture or optimizers are not finite when a checkpoint is due.
        ValueError: ``out_dir`` is no folder of this machine.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if '://' in str(self.out_dir or ''):
            raise ValueError(f'CompleteCheckpointHook.out_dir must be a folder of this machine, got {self.out_dir!r}')

    def before_train(self, runner: Runner) -> None:
        """Removes what a killed run has left; takes nothing but names from a resumed checkpoint."""
        info = runner.message_hub.runtime_info
        for key in [key for key in info if key.startswith('best_ckpt')]:
            # The folder may have moved, and a path of others could name any file, which is removed in time.
            folder = Path(runner.work_dir if self.out_dir is None else self.out_dir)
            info[key] = str(folder / Path(str(info[key])).name)
        if 'keep_ckpt_ids' in info:
            info['keep_ckpt_ids'] = [step for step in info['keep_ckpt_ids'] if isinstance(step, int)]
        super().before_train(runner)
        self._clean(runner)

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Looks for NaN and infinity.

        Raises:
            DivergedError: there are some; names the first tensors.
        """
        states = {key: checkpoint.get(key) for key in ('state_dict', 'optimizer')}
        if wrong := not_finite(states):
            more, meta = f' and {len(wrong) - 3} more' if len(wrong) > 3 else '', checkpoint['meta']
            raise DivergedError(
                f'epoch {meta["epoch"]}, iteration {meta["iter"]}: the checkpoint is not written, since '
                f'{", ".join(wrong[:3])}{more} hold NaN or infinity; --resume auto goes on from the one before'
            )

    @master_only
    def _clean(self, runner: Runner) -> None:
        # A kill between writing and removing leaves checkpoints that the newest one no longer counts as kept.
        outdated = range(1, min(self.keep_ckpt_ids)) if self.max_keep_ckpts > 0 and self.keep_ckpt_ids else ()
        for path in filter(Path.exists, (Path(self._path(step)) for step in outdated)):
            remove(path)
        if left := clean(runner.work_dir):
            runner.logger.info(f'removed what a killed run has left: {", ".join(left)}')

    def _save_checkpoint_with_step(self, runner: Runner, step: int, meta: dict) -> None:
        """Writes, points to what was written, and only then removes what is no longer kept."""
        outdated = []
        if self.max_keep_ckpts > 0 and step not in self.keep_ckpt_ids:
            kept = list(self.keep_ckpt_ids)
            self.keep_ckpt_ids.append(step)
            outdated = [each for each in kept if each not in self.keep_ckpt_ids]
            runner.message_hub.update_info('keep_ckpt_ids', list(self.keep_ckpt_ids))
        self.last_ckpt = self._path(step)
        runner.message_hub.update_info('last_ckpt', self.last_ckpt)
        sealing_runner = runner if isinstance(runner, SealingRunner) else SealingRunner(runner)
        sealing_runner.save_checkpoint(
            self.out_dir,
            Path(self.last_ckpt).name,
            save_optimizer=self.save_optimizer,
            save_param_scheduler=self.save_param_scheduler,
            meta=meta,
            by_epoch=self.by_epoch,
            **self.args,
        )
        if is_main_process():
            point_to(self.last_ckpt, runner.work_dir)
            for each in outdated:
                remove(self._path(each))

    def _path(self, step: int) -> str:
        return str(Path(self.out_dir, self.filename_tmpl.format(step)))

    def _save_best_checkpoint(self, runner: Runner, metrics: Mapping[str, Any]) -> None:
        """Writes the best so far, and only then removes the one before."""
        if not self.save_best:
            return
        before = self._best()
        self._set_best(dict.fromkeys(before))
        super()._save_best_checkpoint(SealingRunner(runner), metrics)
        after = self._best()
        self._set_best({key: path or before.get(key) for key, path in after.items()})
        for key, path in before.items():
            if path and after.get(key) not in (None, path) and is_main_process():
                remove(path)

    def _best(self) -> dict[Optional[str], Optional[str]]:
        """The best checkpoint by each metric, or the only one."""
        if hasattr(self, 'best_ckpt_path_dict'):
            return dict(self.best_ckpt_path_dict)
        return {None: self.best_ckpt_path}

    def _set_best(self, paths: Mapping[Optional[str], Optional[str]]) -> None:
        if hasattr(self, 'best_ckpt_path_dict'):
            self.best_ckpt_path_dict = dict(paths)
        else:
            self.best_ckpt_path = paths[None]


class SealingRunner:
    """A runner whose checkpoints are complete or absent; all else is the runner's own.

    Args:
        runner: the runner.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runner, name)

    @master_only
    def save_checkpoint(self, out_dir: str, filename: str, *args: Any, **kwargs: Any) -> None:
        """As the runner's, but complete or absent.

        Raises:
            ValueError: what was written is damaged.
        """
        with sealing(Path(out_dir, filename)) as unfinished:
            self._runner.save_checkpoint(out_dir, unfinished.name, *args, **kwargs)


def not_finite(value: Any, name: str = '') -> list[str]:
    """Names of the tensors of a nested state that hold NaN or infinity."""
    return [each for each, tensor in _tensors(value, name) if not bool(torch.isfinite(tensor).all())]


def _tensors(value: Any, name: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        if value.is_floating_point():
            yield name, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _tensors(item, f'{name}.{key}' if name else str(key))
    elif isinstance(value, (list, tuple)):
        for place, item in enumerate(value):
            yield from _tensors(item, f'{name}.{place}')
