"""Tools from the command line."""

import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def command(repository, data_dir):
    """Starts a tool in the checkout."""

    def start(*args):
        env = {**os.environ, 'OMP_NUM_THREADS': '1', 'MMNAS_DATA': str(data_dir)}
        return subprocess.Popen(
            [sys.executable, '-W', 'ignore', *map(str, args)],
            cwd=repository,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


@pytest.fixture
def call(repository, data_dir, monkeypatch, capfd):
    """Runs a tool in this process, which saves its start, and returns what it printed; what it starts are processes."""
    monkeypatch.chdir(repository)
    monkeypatch.setenv('MMNAS_DATA', str(data_dir))
    monkeypatch.setenv('OMP_NUM_THREADS', '1')

    def run(tool, *args, expect=0):
        spec = importlib.util.spec_from_file_location(Path(tool).stem, repository / tool)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, args)])
        terminate, code = signal.getsignal(signal.SIGTERM), 0
        try:
            code = module.main()
        except SystemExit as error:
            print(error.code)
            code = 1
        finally:
            signal.signal(signal.SIGTERM, terminate)
        captured = capfd.readouterr()
        assert (code or 0) == expect, captured.out[-2000:] + captured.err[-2000:]
        return captured.out

    return run
