"""Checkpoints on disk are complete or absent, and what is damaged is passed over."""

import logging
import os
import subprocess
from pathlib import Path
from typing import Callable

import pytest
import torch

from mmnas_mae.utils.checkpoints import files as checkpoint_files
from mmnas_mae.utils.checkpoints.files import (
    check,
    clean,
    last_checkpoint,
    newest_checkpoint,
    point_to,
    remove,
    sealing,
)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes a checkpoint of an epoch as a run does, an hour after the one before."""

    def write(epoch: int, value: float = 0.0, point: bool = True) -> Path:
        path = tmp_path / f'epoch_{epoch}.pth'
        with sealing(path) as unfinished:
            torch.save(dict(weight=torch.full((1000,), value)), unfinished)
        os.utime(path, (3600 * epoch, 3600 * epoch))
        if point:
            point_to(path, tmp_path)
        return path

    return write


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place // 8 % len(content)] ^= 1 << place % 8
    path.write_bytes(content)


def test_the_last_checkpoint_moves_with_its_folder(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match='holds no checkpoint'):
        last_checkpoint(tmp_path)
    (tmp_path / 'last_checkpoint').write_text('/elsewhere/epoch_2.pth')
    with pytest.raises(FileNotFoundError, match='holds no checkpoint'):
        last_checkpoint(tmp_path)
    (tmp_path / 'epoch_2.pth').touch()
    assert last_checkpoint(tmp_path) == tmp_path / 'epoch_2.pth'


def test_the_checksum_is_that_of_sha256sum(write: Callable, tmp_path: Path) -> None:
    path = write(1)
    subprocess.run(['sha256sum', '--check', '--strict', f'{path.name}.sha256'], cwd=tmp_path, check=True)
    remove(path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ['last_checkpoint']


def test_every_flipped_bit_is_seen(write: Callable, seed: int) -> None:
    path = write(1)
    size = 8 * path.stat().st_size
    places = torch.randint(size, (300,), generator=torch.Generator().manual_seed(seed)).tolist()
    for place in places:
        flip(path, place)
        with pytest.raises(ValueError, match='its content is not the one'):
            check(path)
        flip(path, place)
    check(path)
    # Without a checksum, as in files of others, those of torch's own records are left.
    Path(f'{path}.sha256').unlink()
    check(path)
    content = path.read_bytes()
    flip(path, 8 * content.index(torch.zeros(1000).numpy().tobytes()))
    with pytest.raises(ValueError, match=r'its record .* is damaged|damaged'):
        check(path)
    path.write_bytes(content[:-100])
    path.write_bytes(b'')
    with pytest.raises(ValueError, match='it is empty'):
        check(path)


@pytest.mark.parametrize('fault', ['truncated', 'empty', 'flipped', 'deleted'])
def test_a_damaged_newest_checkpoint_is_passed_over(write: Callable, tmp_path: Path, fault: str, caplog) -> None:
    first, second = write(1), write(2)
    assert newest_checkpoint(tmp_path) == second
    content = second.read_bytes()
    if fault == 'truncated':
        second.write_bytes(content[: len(content) // 2])
    elif fault == 'empty':
        second.write_bytes(b'')
    elif fault == 'flipped':
        flip(second, 12345)
    else:
        second.unlink()
    with caplog.at_level(logging.WARNING):
        assert newest_checkpoint(tmp_path) == first
    assert 'epoch_2.pth' in caplog.text
    first.write_bytes(b'')
    with pytest.raises(ValueError if fault != 'deleted' else ValueError, match='no checkpoint is whole') as info:
        newest_checkpoint(tmp_path)
    assert '\n' not in str(info.value)


@pytest.mark.parametrize('pointer', [b'', b'\0\xff\xfe', b'/elsewhere/epoch_9.pth', None])
def test_a_damaged_pointer_is_no_loss(write: Callable, tmp_path: Path, pointer: bytes) -> None:
    write(1)
    second = write(2)
    (tmp_path / 'last_checkpoint').unlink() if pointer is None else (tmp_path / 'last_checkpoint').write_bytes(pointer)
    assert newest_checkpoint(tmp_path) == second


def test_nothing_written_is_no_fault_and_a_missing_file_is_one(tmp_path: Path) -> None:
    assert newest_checkpoint(tmp_path) is None
    (tmp_path / 'last_checkpoint').write_text('epoch_1.pth')
    with pytest.raises(FileNotFoundError, match=r"names 'epoch_1.pth', which is not there"):
        newest_checkpoint(tmp_path)


def test_later_files_count_and_those_of_epochs_that_were_gone_back_over_do_not(write: Callable, tmp_path: Path) -> None:
    write(1)
    second = write(2, point=False)  # killed before the pointer was written
    assert newest_checkpoint(tmp_path) == second
    third = write(3)
    os.utime(third, (1800, 1800))  # an early stop went back to the first epoch
    write(2)
    assert newest_checkpoint(tmp_path) == second


def test_a_kill_at_any_step_of_writing_leaves_the_old_file_or_the_new_one(
    write: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(1, value=1.0)
    steps = 0

    class Kill(BaseException):
        pass

    def killing(function: Callable, at: int) -> Callable:
        def call(*args, **kwargs):
            nonlocal steps
            steps += 1
            if steps == at:
                raise Kill
            return function(*args, **kwargs)

        return call

    seen = set()
    for at in range(1, 40):
        steps = 0
        with monkeypatch.context() as patch:
            patch.setattr(os, 'replace', killing(os.replace, at))
            patch.setattr(os, 'fsync', killing(os.fsync, at))
            patch.setattr(checkpoint_files, '_check_records', killing(checkpoint_files._check_records, at))
            patch.setattr(torch, 'save', killing(torch.save, at))
            try:
                write(1, value=2.0)
            except Kill:
                pass
            else:
                break
        check(path)
        seen.add(float(torch.load(path, weights_only=True)['weight'][0]))
        assert newest_checkpoint(tmp_path) == path
        write(1, value=1.0)
    assert at > 8
    assert seen == {1.0, 2.0}


def test_what_a_killed_run_left_is_cleaned(write: Callable, tmp_path: Path) -> None:
    path = write(1)
    kept = sorted(p.name for p in tmp_path.iterdir())
    for name in ('genotype.json.123.tmp', 'epoch_2.pth.77.tmp', 'epoch_9.pth.sha256'):
        (tmp_path / name).write_text('half')
    (tmp_path / 'mine.tmp').write_text('not ours')
    assert clean(tmp_path) == ['epoch_2.pth.77.tmp', 'genotype.json.123.tmp']
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted([*kept, 'mine.tmp'])
    check(path)
