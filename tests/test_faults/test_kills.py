"""A search that is killed anywhere ends as one that is not."""

import os
import random
import signal
from pathlib import Path
from typing import Callable

import pytest

#: Kills of one search, over which the moments are spread.
FAST, SLOW = 5, 50


def moments(writes: int, count: int, seed: int) -> list[int]:
    """Moments of a search, one in each of so many equal pieces."""
    draw = random.Random(seed)
    return [1 + int((i + draw.random()) * writes / count) for i in range(count)]


def kills(count: int, search: Callable, found: Callable, seed: int) -> int:
    """Kills searches, one at each moment, lets them go on, and gives the number that ended as they should."""
    status, writes = search('whole')
    assert status == 0
    assert writes > 100
    whole, survived = found('whole'), 0
    for number, at in enumerate(moments(writes, count, seed)):
        status, _ = search(f'killed{number}', at)
        assert os.WTERMSIG(status) == signal.SIGKILL
        status, _ = search(f'killed{number}')
        assert status == 0, f'killed at write {at} of {writes}, it does not go on'
        assert found(f'killed{number}') == whole, f'killed at write {at} of {writes}, it ends otherwise'
        survived += 1
    return survived


def test_a_killed_search_ends_as_one_that_is_not(search: Callable, found: Callable, seed: int) -> None:
    assert kills(FAST, search, found, seed) == FAST


@pytest.mark.slow
def test_fifty_killed_searches_end_as_one_that_is_not(search: Callable, found: Callable, seed: int) -> None:
    assert kills(SLOW, search, found, seed + 1) == SLOW


@pytest.mark.slow
def test_a_search_killed_again_and_again_ends_as_one_that_is_not(search: Callable, found: Callable, seed: int) -> None:
    _, writes = search('whole')
    draw, killed = random.Random(seed), 0
    while True:
        status, _ = search('often', draw.randrange(writes // 4, writes // 2))
        if status == 0:
            break
        killed += 1
        assert os.WTERMSIG(status) == signal.SIGKILL
        assert killed < 30
    assert killed > 1
    assert found('often') == found('whole')


@pytest.mark.parametrize(
    'part', [0.5, pytest.param(0.3, marks=pytest.mark.slow), pytest.param(0.8, marks=pytest.mark.slow)]
)
def test_a_full_disk_loses_no_more_than_an_epoch(search: Callable, found: Callable, part: float) -> None:
    _, writes = search('whole')
    status, _ = search('full', int(part * writes), 'the disk is full')
    assert os.WEXITSTATUS(status) == 1
    assert search('full')[0] == 0
    assert found('full') == found('whole')


def damage(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == 'deleted':
        path.unlink()
    elif how == 'flipped':
        middle = len(content) // 2
        path.write_bytes(content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :])
    else:
        path.write_bytes(content[: len(content) // 2 if how == 'truncated' else 0])


@pytest.mark.parametrize(
    'name, how',
    [
        ('epoch_2.pth', 'truncated'),
        *(
            pytest.param(name, how, marks=pytest.mark.slow)
            for name in ('epoch_2.pth', 'last_checkpoint', 'epoch_2.pth.sha256', 'arch_history.jsonl', 'genotype.json')
            for how in ('truncated', 'flipped', 'deleted', 'empty')
            if (name, how) not in (('epoch_2.pth', 'truncated'), ('arch_history.jsonl', 'flipped'))
            and (name != 'arch_history.jsonl' or how == 'truncated')
        ),
    ],
)
def test_a_damaged_file_is_passed_over(search: Callable, found: Callable, tmp_path: Path, name: str, how: str) -> None:
    two = {'default_hooks.checkpoint.max_keep_ckpts': 2}
    search('whole')
    search('damaged', **two, **{'train_cfg.max_epochs': 2})
    damage(tmp_path / 'damaged' / name, how)
    assert search('damaged')[0] == 0
    assert found('damaged') == found('whole')
