"""How far an epoch is, for somebody who watches a terminal."""

import importlib
import sys
import time
from typing import Any, Optional, TextIO

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner

_WIDTH = 30
#: Seconds between two bars of a notebook, each of which is a message to a browser.
_PAUSE = 0.5
#: Goes to the begin of the line and empties it.
_CLEAR = '\r\x1b[K'


class Progress(Hook):
    """A bar that stands below the log while an iteration runs; without effect where nobody watches.

    In a notebook it is an output of its own, drawn at most twice a second.

    Args:
        stream: where it is drawn, if that is a terminal; by default that of errors, so that a log that is
            sent into a file stays clean.
    """

    # Takes the bar away before any other hook writes.
    priority = 'VERY_HIGH'

    def __init__(self, stream: Optional[TextIO] = None) -> None:
        self.stream = sys.stderr if stream is None else stream
        self.drawn = self.stream.isatty() and is_main_process()
        self.in_notebook = stream is None and 'ipykernel' in sys.modules and is_main_process()
        self._begin = 0.0
        self._output: Any = None
        self._shown = 0.0

    def before_train_epoch(self, runner: Runner) -> None:
        """Starts the clock."""
        self._begin = time.monotonic()

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Draws the bar."""
        if self.drawn or self.in_notebook:
            total = len(runner.train_dataloader)
            text = f'epoch {runner.epoch + 1} of {runner.max_epochs} {self.bar(batch_idx, total)}'
            self._write(_CLEAR + text) if self.drawn else self._show(text)

    def after_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Takes it away, unless it stands apart from the log."""
        if self.drawn:
            self._write(_CLEAR)

    def after_train(self, runner: Runner) -> None:
        """Says in a notebook that nothing is left."""
        if self.in_notebook:
            self._show(f'{runner.epoch} of {runner.max_epochs} epochs done', at_once=True)

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()

    def _show(self, text: str, at_once: bool = False) -> None:
        """An output of a notebook, each time the same one."""
        now = time.monotonic()
        if not at_once and self._output is not None and now - self._shown < _PAUSE:
            return
        self._shown = now
        content = {'text/plain': text}
        if self._output is None:
            self._output = importlib.import_module('IPython.display').display(content, raw=True, display_id=True)
        else:
            self._output.update(content, raw=True)

    def bar(self, done: int, total: int) -> str:
        """The bar, and how long the rest of the epoch takes at the pace until now."""
        filled = _WIDTH * done // total
        text = f'[{"=" * filled}{" " * (_WIDTH - filled)}] {done}/{total}'
        if not done:
            return text
        minutes, seconds = divmod(round((time.monotonic() - self._begin) * (total - done) / done), 60)
        return f'{text}, {minutes}:{seconds:02d} left'
