"""What ends a search from outside is told on one line, and it goes on to the end of one that was left alone."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, Optional

import pytest
import torch
from mmengine.config import Config

from mmnas_mae.utils.checkpoints.files import check

#: Far beyond what a search here takes; one that waits for a process that is gone would wait half an hour.
PATIENCE = 240


@pytest.fixture
def train(repository: Path, search_cfg: Config, tmp_path: Path) -> Callable[..., list[tuple[int, str]]]:
    """Runs the search of three epochs by tools/train.py, in one process or two; gives status and output of each."""
    search_cfg.model.backbone = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)
    search_cfg.merge_from_dict(
        {
            'train_dataloader.dataset.parts': [('weights', 0.002), ('arch', 0.002)],
            'val_dataloader.dataset.parts': [('heldout', 0.004)],
            'train_cfg.max_epochs': 3,
            'default_hooks.logger.interval': 1,
            'default_hooks.checkpoint.max_keep_ckpts': 1,
        }
    )
    search_cfg.pop('work_dir')
    search_cfg.dump(tmp_path / 'search.py')

    def run(
        folder: Path, *flags: str, processes: int = 1, hook: Optional[dict[str, Any]] = None
    ) -> list[tuple[int, str]]:
        command = [sys.executable, '-W', 'ignore', 'tools/train.py', str(tmp_path / 'search.py'), *flags]
        command += ['--work-dir', str(folder), '--import', 'fault_hooks']
        if hook:
            command += ['--cfg-options', *(f'default_hooks.fault.{key}={value}' for key, value in hook.items())]
        paths = [str(repository), str(repository / 'tests'), os.environ.get('PYTHONPATH', '')]
        env = {**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': os.pathsep.join(filter(None, paths))}
        if processes > 1:
            command += ['--launcher', 'pytorch']
            with socket.socket() as sock:
                sock.bind(('127.0.0.1', 0))
                env.update(WORLD_SIZE=str(processes), MASTER_ADDR='127.0.0.1', MASTER_PORT=str(sock.getsockname()[1]))
        started = [
            subprocess.Popen(
                command,
                cwd=repository,
                env={**env, 'RANK': str(rank), 'LOCAL_RANK': str(rank)} if processes > 1 else env,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for rank in range(processes)
        ]
        try:
            outputs = [process.communicate(timeout=PATIENCE)[0] for process in started]
        finally:
            for process in started:
                process.kill()
        return [(process.returncode, output) for process, output in zip(started, outputs)]

    return run


def told(output: str) -> list[str]:
    """The lines that say why a run has ended; there is no traceback."""
    assert 'Traceback' not in output, output
    return [line for line in output.splitlines() if line.startswith('error: ')]


def found(folder: Path) -> dict[str, Any]:
    """What a search leaves that must not depend on what has disturbed it."""
    state = torch.load(folder / 'epoch_3.pth', weights_only=False)['state_dict']
    genotype = json.loads((folder / 'genotype.json').read_text())
    assert 'score' in genotype['meta']
    alphas = {name: value.tolist() for name, value in state.items() if 'alphas' in name}
    assert alphas
    assert sorted(path.name for path in folder.glob('*.pth*')) == ['epoch_3.pth', 'epoch_3.pth.sha256']
    assert not list(folder.glob('*.tmp*'))
    return dict(genotype=genotype, alphas=alphas, history=(folder / 'arch_history.jsonl').read_text())


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 3 MB of its own."""
    folder = tmp_path / 'disk'
    folder.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', str(folder)]
    if sys.platform != 'linux' or os.geteuid() != 0 or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip('a small disk can be made by root on Linux only, where mounting is allowed')
    yield folder
    subprocess.run(['umount', str(folder)], check=True)


@pytest.mark.slow
@pytest.mark.parametrize('left', [0, 100_000, 172_000])
def test_a_search_on_a_full_disk_says_so_and_goes_on_when_there_is_room(
    train: Callable, tmp_path: Path, disk: Path, left: int
) -> None:
    """The disk fills with the first line of the log, in the midst of a checkpoint of 168 kB, or just after it."""
    ((status, output),) = train(tmp_path / 'whole')
    assert status == 0, output
    folder = disk / 'search'
    ((status, output),) = train(folder, hook=dict(type='mmnas_mae.FillDiskHook', epoch=2, left=left))
    assert status == 1
    assert (folder / 'filler').is_file()
    (line,) = told(output)
    assert f"there is no space left for '{folder}': No space left on device; to go on: python tools/train.py" in line
    # The checkpoint of the epoch is complete or absent, and so is the one before.
    kept = sorted(folder.glob('epoch_*.pth'))
    assert kept
    for path in kept:
        check(path)
    (folder / 'filler').unlink()
    ((status, output),) = train(folder, '--resume', 'auto')
    assert status == 0, output
    assert found(folder) == found(tmp_path / 'whole')


@pytest.mark.slow
@pytest.mark.parametrize('rank', [0, 1])
def test_a_search_that_loses_a_process_ends_and_goes_on(train: Callable, tmp_path: Path, rank: int) -> None:
    for status, output in train(tmp_path / 'whole', processes=2):
        assert status == 0, output
    folder = tmp_path / 'broken'
    ended = train(folder, processes=2, hook=dict(type='mmnas_mae.KillRankHook', epoch=2, rank=rank))
    assert ended[rank][0] == -signal.SIGKILL
    status, output = ended[1 - rank]
    assert status == 1
    (line,) = told(output)
    assert line.startswith(f'error: process {1 - rank} has lost another one of this run: ')
    assert line.endswith('--resume auto')
    assert sorted(path.name for path in folder.glob('*.pth')) == ['epoch_1.pth']
    for status, output in train(folder, '--resume', 'auto', processes=2):
        assert status == 0, output
    assert found(folder) == found(tmp_path / 'whole')
