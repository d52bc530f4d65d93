"""How far an epoch is, for somebody who watches a terminal."""

import sys
import time
from typing import Any, Optional, TextIO

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

_WIDTH = 30
#: Goes to the begin of the line and empties it.
_CLEAR = '\r\x1b[K'


class Progress(Hook):
    """A bar that stands below the log while an iteration runs; without effect where nobody watches.

    Args:
        stream: where it is drawn, if that is a terminal; by default that of errors, so that a log that is
            sent into a file stays clean.
    """

    # Takes the bar away before any other hook writes.
    priority = 'VERY_HIGH'

    def __init__(self, stream: Optional[TextIO] = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.drawn = self.stream.isatty() and is_main_process()
        self._begin = 0.0

    def before_train_epoch(self, runner: Runner) -> None:
        """Starts the clock."""
        self._begin = time.monotonic()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Draws the bar."""
        if self.drawn:
            total = len(runner.train_dataloader)
            self.stream.write(f'{_CLEAR}epoch {runner.epoch + 1} of {runner.max_epochs} {self.bar(batch_idx, total)}')
            self.stream.flush()

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Takes it away."""
        if self.drawn:
            self.stream.write(_CLEAR)
            self.stream.flush()

    def bar(self, done: int, total: int) -> str:
        """The bar, and how long the rest of the epoch takes at the pace until now."""
        filled = _WIDTH * done // total
        text = f'[{"=" * filled}{" " * (_WIDTH - filled)}] {done}/{total}'
        if not done:
            return text
        minutes, seconds = divmod(round((time.monotonic() - self._begin) * (total - done) / done), 60)
        return f'{text}, {minutes}:{seconds:02d} left'
