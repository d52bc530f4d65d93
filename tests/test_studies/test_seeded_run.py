"""Processes that are stopped at a deadline and go on."""

import json
import sys

import pytest

from mmnas_mae.studies.seeded_run import SeededRun, run_all

REA = 'configs/discrete/rea-table_nasbench201_cifar10.py'
#: Counts to 20 in a file; told to stop, it ends after the line that it is writing.
COUNT = """
import pathlib, signal, sys, time
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
file = pathlib.Path(sys.argv[1], 'lines')
done = len(file.read_text().splitlines()) if file.exists() else 0
for number in range(done, 20):
    with file.open('a') as out:
        out.write(f'{number}\\n')
    time.sleep(0.1)
    if asked:
        sys.exit(75)
"""
STUBBORN = 'import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)'


class Script(SeededRun):
    """Runs a text of Python in place of a tool."""

    def __init__(self, script, repository, folder, seed=0, **kwargs):
        super().__init__(repository / 'tools', str(repository / REA), folder / f'seed_{seed}', seed, **kwargs)
        self.script = script

    def command(self):
        return [sys.executable, '-c', self.script, str(self.folder)]


def test_pieces_add_up_to_the_whole(repository, tmp_path, capsys):
    pieces = 0
    while not run_all([Script(COUNT, repository, tmp_path)], jobs=1, seconds=1.0):
        pieces += 1
        assert pieces < 20
    lines = (tmp_path / 'seed_0' / 'lines').read_text().split()
    assert lines == [str(number) for number in range(20)]
    state = json.loads((tmp_path / 'seed_0' / 'repeat.json').read_text())
    assert state['finished']
    assert state['starts'] == pieces + 1 >= 2
    assert state['seconds'] >= 2.0
    assert 'seed 0: stopped' in capsys.readouterr().out


def test_a_process_that_does_not_stop_is_killed_and_no_other_starts(repository, tmp_path):
    runs = [Script(STUBBORN, repository, tmp_path, seed) for seed in (0, 1)]
    assert not run_all(runs, jobs=1, seconds=1.0, grace=0.5)
    assert [run.state['starts'] for run in runs] == [1, 0]
    assert [run.failed for run in runs] == [False, False]


def test_a_run_waits_for_those_it_needs(repository, tmp_path, capsys):
    order = tmp_path / 'order'
    note = f"open({str(order)!r}, 'a').write("
    first = Script(f"import time; time.sleep(1); {note}'first ')", repository, tmp_path, 0)
    second = Script(f"{note}'second')", repository, tmp_path, 1, after=[first])
    assert run_all([first, second], jobs=2)
    assert order.read_text() == 'first second'
    failing = Script("import sys; sys.exit('no luck')", repository, tmp_path / 'b', 0)
    waiting = Script(f"{note}'third')", repository, tmp_path / 'b', 1, after=[failing])
    assert not run_all([failing, waiting], jobs=2)
    assert order.read_text() == 'first second'
    assert (failing.failed, waiting.failed, waiting.state['starts']) == (True, False, 0)
    out = capsys.readouterr().out
    assert 'seed 0: failed with exit status 1: no luck' in out
    assert 'seed 1: left out, since seed 0 has not finished' in out


def test_a_folder_of_other_settings_is_refused(repository, tmp_path):
    Script('pass', repository, tmp_path)()
    with pytest.raises(ValueError, match='was run with another config or other options; choose another --work-dir'):
        Script('pass', repository, tmp_path, options=['search.cycles=3'])
