"""The bar of an epoch: on a terminal, gone before anything else is written."""

import io
import sys
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


def test_a_notebook_has_an_output_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []

    class Output:
        def update(self, content: dict, raw: bool) -> None:
            shown.append(('update', content['text/plain'], raw))

    def display(content: dict, raw: bool, display_id: bool) -> Output:
        shown.append(('display', content['text/plain'], raw and display_id))
        return Output()

    monkeypatch.setitem(sys.modules, 'ipykernel', SimpleNamespace())
    monkeypatch.setitem(sys.modules, 'IPython.display', SimpleNamespace(display=display))
    monkeypatch.setattr(sys, 'stderr', io.StringIO())
    now = iter([0.0, *(number / 2 for number in range(20))])
    monkeypatch.setattr(progress, 'time', SimpleNamespace(monotonic=lambda: next(now)))
    hook = Progress()
    hook.before_train_epoch(RUNNER)
    # Twice the clock for each bar, and the first for when it is shown: a bar that comes too early is left out.
    for batch_idx in range(3):
        hook.before_train_iter(RUNNER, batch_idx)
        hook.after_train_iter(RUNNER, batch_idx)
    hook.after_train(RUNNER)
    assert [kind for kind, _, _ in shown] == ['display', 'update', 'update', 'update']
    assert all(raw for _, _, raw in shown)
    assert shown[0][1] == f'epoch 2 of 3 [{" " * 30}] 0/4'
    assert shown[-1][1] == '1 of 3 epochs done'
    assert sys.stderr.getvalue() == ''
