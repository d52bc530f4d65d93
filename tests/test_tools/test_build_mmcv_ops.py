"""The wheel of mmcv's compiled operators: where it is kept, and what is said when it cannot be built."""

import os
import subprocess
import sys

import pytest
import torch

KEY = f'torch{torch.__version__}-{sys.implementation.cache_tag}-'


def run(repository, *flags, **env):
    command = [sys.executable, 'tools/misc/build_mmcv_ops.py', '--no-install', *flags]
    return subprocess.run(command, cwd=repository, capture_output=True, text=True, env={**os.environ, **env})


@pytest.fixture
def mmcv_version(repository):
    lines = (repository / 'requirements/core.txt').read_text().splitlines()
    return next(line.partition('==')[2] for line in lines if line.startswith('onedl-mmcv=='))


@pytest.mark.parametrize('how', ['flag', 'MMNAS_WHEELS', 'XDG_CACHE_HOME'])
def test_a_kept_wheel_is_taken(repository, tmp_path, mmcv_version, how):
    root = tmp_path / 'mmnas_mae' / 'wheels' if how == 'XDG_CACHE_HOME' else tmp_path
    kept = {}
    for ops in ('cpu', 'cuda'):
        machine = os.uname().machine
        kept[ops] = root / f'{KEY}{machine}-{ops}' / f'onedl_mmcv-{mmcv_version}-cp.whl'
        kept[ops].parent.mkdir(parents=True)
        kept[ops].touch()
        # Of another version: not the one that is pinned.
        kept[ops].with_name('onedl_mmcv-1.0.0-cp.whl').touch()
    where = dict(flag={}, MMNAS_WHEELS={}, XDG_CACHE_HOME=dict(MMNAS_WHEELS=''))[how]
    where = {**where, how: str(tmp_path)} if how != 'flag' else where
    flags = ['--cache', str(tmp_path)] if how == 'flag' else []
    assert run(repository, *flags, **where).stdout.strip() == str(kept['cpu'])
    if how == 'flag':
        assert run(repository, *flags, '--cuda', **where).stdout.strip() == str(kept['cuda'])


def test_a_missing_compiler_is_said_in_one_line(repository, tmp_path):
    result = run(repository, '--cache', str(tmp_path), CXX='no-such-compiler')
    assert result.returncode == 1
    assert result.stdout == ''
    assert list(tmp_path.iterdir()) == []
    assert result.stderr.splitlines() == [
        "error: mmcv's compiled operators were not installed: there is no C++ compiler 'no-such-compiler' "
        '(Debian and Ubuntu: apt install g++)'
    ]
