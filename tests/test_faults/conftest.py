"""Searches that are killed at a chosen write, in processes of their own."""

import builtins
import copy
import errno
import io
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config

from mmnas_mae.apis import build_runner

#: What a search leaves that must not depend on how often it was killed.
RECORDS = ('genotype.json', 'arch_history.jsonl')


class Writes:
    """Counts the writes below a folder, and acts in the midst of one.

    Args:
        folder: whose files count.
        at: the number of the write, from 1; the first half of what it writes reaches the file.
        act: what happens then; of None the writes are only counted.
    """

    def __init__(self, folder: Path, at: int = 0, act: Callable[[], None] = lambda: None) -> None:
        self.folder, self.at, self.act, self.count = str(folder), at, act, 0
        self.open = io.open

    def step(self, half: Callable[[], None] = lambda: None) -> None:
        self.count += 1
        if self.count == self.at:
            half()
            self.act()

    def __call__(self, file: Any, mode: str = 'r', *args: Any, **kwargs: Any) -> Any:
        opened = self.open(file, mode, *args, **kwargs)
        inside = isinstance(file, (str, os.PathLike)) and os.path.abspath(file).startswith(self.folder)
        if not inside or not set(mode) & set('wax'):
            return opened
        self.step()
        write = opened.write

        def counted(content: Any) -> int:
            self.step(lambda: (write(content[: len(content) // 2]), opened.flush()))
            return write(content)

        if isinstance(opened, io.TextIOWrapper):
            opened.write = counted
            return opened
        return Counted(opened, counted)

    def install(self) -> None:
        builtins.open = io.open = self
        for name in ('replace', 'unlink', 'fsync', 'remove'):
            setattr(os, name, self.counted(getattr(os, name)))

    def counted(self, function: Callable) -> Callable:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.step()
            return function(*args, **kwargs)

        return call


class Counted:
    """A binary file, which takes no attributes, with another way to write."""

    def __init__(self, file: Any, write: Callable) -> None:
        self.file, self.write = file, write

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)

    def __enter__(self) -> 'Counted':
        return self

    def __exit__(self, *error: Any) -> None:
        self.file.close()


def kill() -> None:
    """What nobody can catch."""
    os.kill(os.getpid(), signal.SIGKILL)


def fill_disk() -> None:
    """From now on nothing can be written."""

    def full(*args: Any, **kwargs: Any) -> None:
        raise OSError(errno.ENOSPC, 'No space left on device')

    os.replace = os.fsync = full
    raise OSError(errno.ENOSPC, 'No space left on device')


FAULTS = {'kill': kill, 'the disk is full': fill_disk}


@pytest.fixture
def in_child() -> Callable[[Callable[[], Any]], int]:
    """Runs a function in a process of its own, which begins where this one stands; gives its wait status."""

    def run(function: Callable[[], Any]) -> int:
        sys.stdout.flush()
        child = os.fork()
        if child:
            return os.waitpid(child, 0)[1]
        status = 1
        try:
            function()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    return run


@pytest.fixture
def search(
    search_cfg: Config, tmp_path: Path, in_child: Callable, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, int]]:
    """Runs the search of three epochs in a folder, or goes on with it; gives wait status and number of writes."""
    # MMEngine formats the config for every checkpoint, which takes longer than such a search.
    monkeypatch.setattr(Config, 'pretty_text', property(lambda cfg: 'formatted = False\n'))
    search_cfg.model.backbone = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)
    search_cfg.merge_from_dict(
        {
            'train_dataloader.dataset.parts': [('weights', 0.0005), ('arch', 0.0005)],
            'val_dataloader.dataset.parts': [('heldout', 0.004)],
            'train_cfg.max_epochs': 3,
            'default_hooks.logger.interval': 1,
            'default_hooks.checkpoint.max_keep_ckpts': 1,
        }
    )

    def run(name: str, at: int = 0, fault: str = 'kill', **settings: Any) -> tuple[int, int]:
        cfg = copy.deepcopy(search_cfg)
        cfg.merge_from_dict(settings)
        cfg.work_dir = str(tmp_path / name)
        cfg.resume = Path(cfg.work_dir).is_dir()
        count = tmp_path / f'{name}.count'

        def train() -> None:
            writes = Writes(Path(cfg.work_dir), at, FAULTS[fault])
            writes.install()
            try:
                build_runner(cfg).train()
            finally:
                with writes.open(count, 'w') as file:
                    file.write(str(writes.count))

        status = in_child(train)
        return status, int(count.read_text()) if count.exists() else 0

    return run


@pytest.fixture
def found(tmp_path: Path) -> Callable[[str], dict[str, Any]]:
    """What a search has left: its records, and the architecture parameters of its last checkpoint."""

    def read(name: str) -> dict[str, Any]:
        folder = tmp_path / name
        state = torch.load(folder / 'epoch_3.pth', weights_only=False)
        assert [path.name for path in folder.glob('*.tmp*')] == []
        assert sorted(path.name for path in folder.glob('*.pth*')) == ['epoch_3.pth', 'epoch_3.pth.sha256']
        alphas = {key: value.tolist() for key, value in state['state_dict'].items() if 'alphas' in key}
        assert alphas
        assert 'score' in json.loads((folder / 'genotype.json').read_text())['meta']
        return dict(alphas=alphas, **{record: (folder / record).read_text() for record in RECORDS})

    return read
