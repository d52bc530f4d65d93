"""Mutants of a small module, and which of them its tests notice."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = '''
from typing import Optional

def clip(value: float, low: float = 0, high: Optional[float] = None) -> float:
    """No number of a text, 3, is changed."""
    if low > value:
        return low
    if high is not None and value > high:
        return divmod(-7 * -value, 33 + high)[1]
    if value < -1e9:
        raise ValueError(f'{value + 1} is below {-1e9}')
    return value
'''
TESTS = """
from clip import clip

def test_the_sides():
    assert [clip(value, -1, 1) for value in (-5, 0.5, 5)] == [-1, 0.5, 1]
    assert clip(-2) == 0
    assert clip(2) == 2
"""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    (tmp_path / 'clip.py').write_text(SOURCE)
    (tmp_path / 'test_clip.py').write_text(TESTS)
    return tmp_path / 'clip.py'


def test_every_kind_of_change_is_made_once(repository: Path) -> None:
    mutants = list(runpy.run_path(str(repository / 'tools/misc/mutate.py'))['mutants'](SOURCE))
    assert [str(mutant) for mutant in mutants] == [
        '4: 0  ->  1',
        '6: low > value  ->  low >= value',
        '6: low > value  ->  low <= value',
        '8: if high is not None and value > high  ->  if not (high is not None and value > high)',
        '8: high is not None and value > high  ->  high is not None or value > high',
        '8: high is not None  ->  high is None',
        '8: value > high  ->  value >= high',
        '8: value > high  ->  value <= high',
        '9: divmod(-7 * -value, 33 + high)  ->  divmod(33 + high, -7 * -value)',
        '9: -7 * -value  ->  -7 / -value',
        '9: -7  ->  7',
        '9: 7  ->  8',
        '9: -value  ->  value',
        '9: 33 + high  ->  33 - high',
        '9: 33  ->  34',
        '9: 1  ->  2',
        '10: value < -1e9  ->  value <= -1e9'.replace('1e9', '1000000000.0'),
        '10: value < -1e9  ->  value >= -1e9'.replace('1e9', '1000000000.0'),
        '10: -1000000000.0  ->  1000000000.0',
        '10: 1000000000.0  ->  1000000001.0',
    ]


def test_those_that_no_test_notices_are_told(repository: Path, module: Path) -> None:
    command = [sys.executable, str(repository / 'tools/misc/mutate.py'), 'clip.py', '--tests', 'test_clip.py']
    env = {**os.environ, 'PYTHONPATH': ''}
    done = subprocess.run(
        [*command, '--out', 'found.json'], cwd=module.parent, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 1, done.stderr
    (found,) = json.loads((module.parent / 'found.json').read_text())
    survivors = [
        '6: low > value  ->  low >= value',  # the same function
        '8: value > high  ->  value >= high',
        '10: value < -1000000000.0  ->  value <= -1000000000.0',
        '10: 1000000000.0  ->  1000000001.0',
    ]
    assert found == dict(module='clip.py', mutants=20, survivors=survivors)
    assert 'clip.py: 16 of 20 noticed' in done.stdout
    assert module.read_text() == SOURCE
    # A mutant that never ends, or tests that fail without one, do not hold it up.
    (module.parent / 'test_clip.py').write_text(TESTS.replace('== 2', '== 3'))
    done = subprocess.run(command, cwd=module.parent, env=env, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (1, 'error: clip.py: test_clip.py fail without a change\n')
