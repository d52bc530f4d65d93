"""The prepared run on a GPU, in its dry form, and searches side by side."""

import json
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

TOOLS = Path(__file__).resolve().parents[2] / 'tools'


@pytest.fixture
def tool(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs a tool in this process."""

    def run(path: str, *flags: Any) -> None:
        file = TOOLS / path
        monkeypatch.syspath_prepend(str(file.parent))
        monkeypatch.setattr(sys, 'argv', [str(file), *map(str, flags)])
        monkeypatch.delitem(sys.modules, file.stem, raising=False)
        __import__(file.stem).main()

    return run


def test_captured_steps_are_compared_and_timed(tool: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / 'findings.json'
    flags = ['--dry', '--parts', 'losses', 'curvature', 'steps', 'train', '--cases', 'nasbench201', 'nasbench201-c16']
    tool('speed/gpu_check.py', *flags, '--out', out)
    findings = json.loads(out.read_text())
    assert findings[0]['part'] == 'machine'
    losses = [row for row in findings if row['part'] == 'losses']
    assert [(row['family'], row['order']) for row in losses] == [('nasbench201', 1), ('nasbench201', 2)]
    # Without a device, replays compute everything again.
    assert all(row['captured'] == row['first_step'] == row['ordinary_twice'] == 0 for row in losses)
    (curvature,) = [row for row in findings if row['part'] == 'curvature']
    assert curvature['kernels'] == curvature['library'] != 0
    steps = [row for row in findings if row['part'] == 'steps']
    executions = ['captured', 'captured, normalised by the library', 'ours', 'plain', 'captured', 'ours']
    assert [row['execution'] for row in steps] == executions
    assert all(row['seconds'] > 0 for row in steps)
    assert findings[-1]['part'] == 'train'
    assert '--train-config is not given' in findings[-1]['left_out']


def test_a_part_that_fails_is_said_and_passed_over(
    tool: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(TOOLS / 'speed'))
    import measure_search

    monkeypatch.delitem(measure_search.CASES['nasbench201-c16'][0], 'type')
    out = tmp_path / 'findings.json'
    with pytest.raises(SystemExit, match='failed: losses'):
        tool('speed/gpu_check.py', '--dry', '--parts', 'losses', '--cases', 'nasbench201', '--out', out)
    findings = json.loads(out.read_text())
    assert [row['failed'].partition(':')[0] for row in findings[1:]] == ['KeyError', 'KeyError']
    tool('speed/gpu_check.py', '--dry', '--minutes', 0, '--parts', 'losses', '--out', out)
    assert json.loads(out.read_text())[1:] == [dict(part='losses', at=pytest.approx(0, abs=60), left_out='no time')]


def test_searches_side_by_side_are_those_of_their_own(
    tool: Callable, tmp_path: Path, data_file: Callable[[str], Path]
) -> None:
    flags = ['--images', data_file('cifar10_train_20k.parquet'), '--count', 64, '--sizes', '2x1']
    flags += ['--batch', 16, '--epochs', 2]
    results = {}
    for number, lanes in enumerate((['hd@.3#1', 'labels#2'], ['labels#2'], ['single', 'hd@.3#1'])):
        out = tmp_path / f'{number}.jsonl'
        tool('analysis/search_lanes.py', *lanes, *flags, '--out', out)
        rows = [json.loads(line) for line in out.read_text().splitlines()]
        assert [(row['lane'], row['epoch']) for row in rows] == [(lane, epoch) for epoch in (1, 2) for lane in lanes]
        for row in rows:
            key, found = (row['lane'], row['epoch']), (row['loss'], row['alpha_loss'], row['alpha'], row['cell'])
            # A search does not notice what runs beside it.
            assert results.setdefault(key, found) == found
            assert row['accuracy_without_none']['cifar10_test'] > 10
    assert len({found[:2] for found in results.values()}) == len(results) == 6


def test_sizes_follow_one_another_and_end_with_scores(tool: Callable, data_file: Callable, tmp_path: Path) -> None:
    out = tmp_path / 'lanes.jsonl'
    flags = [
        '--images',
        data_file('cifar10_train_20k.parquet'),
        '--count',
        32,
        '--batch',
        8,
        '--epochs',
        3,
        '--out',
        out,
    ]
    more = ['--sizes', '2x1', '4x1', '--run-epochs', 1, '--score', 3, '--score-images', 16]
    tool('analysis/search_lanes.py', 'single#1', 'labels', *flags, *more)
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    order = [(row['channels'], row['objective'], 'scores' in row) for row in rows]
    assert order == [(c, name, scores) for c in (2, 4) for scores in (False, True) for name in ('single', 'labels')]
    scored = [row['scores'] for row in rows if 'scores' in row]
    # The same cells for all.
    assert len({tuple(scores) for scores in scored}) == 1
    assert len(scored[0]) == 3
    for masked, labels in (scored[:2], scored[2:]):
        assert all(-2 < score < 0 for score in masked.values())
        assert all(16 * score == round(16 * score) for score in labels.values())
