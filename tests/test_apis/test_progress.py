"""The bar of an epoch: on a terminal, gone before anything else is written."""

import io
from types import SimpleNamespace

import pytest

from mmnas_mae.apis import progress
from mmnas_mae.apis.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


RUNNER = SimpleNamespace(epoch=1, max_epochs=3, train_dataloader=[None] * 4)


def test_a_terminal_shows_how_far_an_epoch_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([100.0, 150.0])
    monkeypatch.setattr(progress, 'time', SimpleNamespace(monotonic=lambda: next(now)))
    stream = Terminal()
    hook = Progress(stream)
    hook.before_train_epoch(RUNNER)
    hook.before_train_iter(RUNNER, 0)
    assert stream.getvalue() == f'\r\x1b[Kepoch 2 of 3 [{" " * 30}] 0/4'
    hook.after_train_iter(RUNNER, 0)
    assert stream.getvalue().endswith('\r\x1b[K')
    # One of four in 50 seconds: three more take 150.
    hook.before_train_iter(RUNNER, 1)
    assert stream.getvalue().endswith(f'epoch 2 of 3 [{"=" * 7}{" " * 23}] 1/4, 2:30 left')


def test_a_file_has_no_bar() -> None:
    stream = io.StringIO()
    hook = Progress(stream)
    hook.before_train_epoch(RUNNER)
    hook.before_train_iter(RUNNER, 0)
    hook.after_train_iter(RUNNER, 0)
    assert stream.getvalue() == ''
