"""The tool that checks and times the forms of a node's sum, in its dry form."""

import json
import subprocess
import sys


def test_every_line_is_within_rounding_and_a_form_that_fails_stops_nothing(repository, tmp_path):
    out = tmp_path / 'check.json'
    flags = ['--dry', '--forms', 'library,definition,formula,missing', '--out', out]
    command = [sys.executable, 'tools/speed/node_check.py', *map(str, flags)]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    lines = [line for line in result.stdout.splitlines() if 'float' in line]
    assert len(rows) == len(lines) == 9 * 2 * 2 * 4
    bounds = {'float32': 1e-5, 'bfloat16': 5e-2}
    for row in rows:
        if row['form'] == 'missing':
            assert row['error'].startswith("ValueError: unknown form 'missing'")
        else:
            assert max(row['value'], row['maps'], row['weights']) < bounds[row['dtype']], row


def test_nothing_begins_when_the_time_is_over(repository, tmp_path):
    flags = ['--dry', '--minutes', '0', '--out', str(tmp_path / 'check.json')]
    command = [sys.executable, 'tools/speed/node_check.py', *flags]
    result = subprocess.run(command, cwd=repository, capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == 'the time is over after 0 of 216 lines'
