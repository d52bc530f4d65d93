"""A run that is told to stop keeps what it has done."""

import signal
import threading
from pathlib import Path
from typing import Any

from mmengine.dist import get_world_size
from mmengine.hooks import Hook
from mmengine.optim import OptimWrapperDict
from mmengine.runner import EpochBasedTrainLoop, Runner

from ..registry import HOOKS
from ..utils.checkpoints.files import POINTER, point_to, remove, sealing
from .deferred_scalars import read_scalars

#: Exit status of a paused run (EX_TEMPFAIL: try again later).
PAUSED = 75
#: The checkpoint of a pause.
NAME = 'paused.pth'


@HOOKS.register_module()
class PauseHook(Hook):
    """On SIGTERM writes a checkpoint after the current step and ends the process with status 75.

    Checkpoints of epochs alone lose the steps since the last one, and a run whose pieces are
    shorter than an epoch would never get on. ``paused.pth`` says how far the epoch had come,
    and ``--resume auto`` goes on with the next batch, exactly as if the run had not been
    interrupted. Batch numbers in the log count from there.

    Raises:
        ValueError: the run has several processes, is not counted in epochs, or its sampler
            cannot begin in the middle of an epoch.
    """

    # After everything that a step changes, and after the checkpoints of epochs.
    priority = 'LOWEST'

    def __init__(self) -> None:
        self._asked = threading.Event()
        self._handler: Any = None
        #: Batches of the current epoch that earlier pieces have trained on.
        self._done = 0
        self._resumed = 0

    def before_train(self, runner: Runner) -> None:
        """Listens for the signal.

        Raises:
            ValueError: see above.
        """
        if get_world_size() > 1:
            raise ValueError(f'PauseHook works in runs of one process, this one has {get_world_size()}')
        if not isinstance(runner.train_loop, EpochBasedTrainLoop):
            raise ValueError(f'PauseHook needs train_cfg.by_epoch=True, got a {type(runner.train_loop).__name__}')
        if not hasattr(_sampler(runner), 'start'):
            raise ValueError(
                "PauseHook needs train_dataloader.sampler.type='mmnas_mae.ResumableSampler', "
                f'got {type(_sampler(runner)).__name__}'
            )
        if threading.current_thread() is threading.main_thread():
            self._handler = signal.signal(signal.SIGTERM, lambda *_: self._asked.set())

    def before_train_epoch(self, runner: Runner) -> None:
        """Passes over what was trained on before the pause."""
        self._done, self._resumed = self._resumed, 0
        _sampler(runner).start = self._done * runner.train_dataloader.batch_size

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Pauses if it was asked to and no gradients are being accumulated.

        Raises:
            SystemExit: with :data:`PAUSED`.
        """
        # The end of an epoch has its own checkpoint.
        done = self._done + batch_idx + 1
        if not self._asked.is_set() or done == len(runner.train_dataloader) or not _between_steps(runner):
            return
        self._done = done
        file = Path(runner.work_dir, NAME)
        # The checkpoint holds the log, too.
        read_scalars(runner.message_hub)
        with sealing(file) as unfinished:
            runner.save_checkpoint(runner.work_dir, unfinished.name, by_epoch=False)
        point_to(file, runner.work_dir)
        runner.logger.info(f'paused in epoch {runner.epoch + 1} after batch {done}; --resume auto goes on')
        raise SystemExit(PAUSED)

    def after_train(self, runner: Runner) -> None:
        """Listens no longer, and drops a checkpoint that later ones have replaced."""
        if self._handler is not None:
            signal.signal(signal.SIGTERM, self._handler)
        last = Path(runner.work_dir, POINTER)
        if last.exists() and Path(last.read_text()).name != NAME:
            remove(Path(runner.work_dir, NAME))

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Saves the place in the epoch, which is 0 at its end."""
        within_epoch = checkpoint['meta']['epoch'] == runner.epoch
        checkpoint['batches_done'] = self._done if within_epoch else 0

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Takes it up."""
        if runner._resume:
            self._resumed = checkpoint.get('batches_done', 0)


def _sampler(runner: Runner) -> Any:
    return runner.train_dataloader.batch_sampler.sampler


def _between_steps(runner: Runner) -> bool:
    wrapper = runner.optim_wrapper
    wrappers = wrapper.values() if isinstance(wrapper, OptimWrapperDict) else [wrapper]
    return all(wrapper.should_update() for wrapper in wrappers)
