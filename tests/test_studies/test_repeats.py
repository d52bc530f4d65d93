"""Statistics over repeated runs, from the files that runs leave."""

import json

import pytest

from mmnas_mae.spaces import Genotype, get_space
from mmnas_mae.studies.repeats import Repeat, format_summary, read_repeat, summarize

ALL_SKIP = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'
GOOD = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'


def leave(folder, seed, arch, values, score, seconds, finished=True, written=None):
    """What a run leaves; ``written`` is the architecture of its last line, where it is another."""
    folder.mkdir()
    state = dict(seed=seed, settings='x', finished=finished, seconds=seconds, starts=1)
    (folder / 'repeat.json').write_text(json.dumps(state))
    if arch is None:
        return folder
    genotype = get_space('nasbench201').parse(arch)
    Genotype(genotype.space, genotype.cells, dict(score=score, seed=seed)).save(folder / 'genotype.json')
    lines = [
        dict(epoch=1, arch=GOOD, values=dict(cifar10_test=1.0)),
        dict(epoch=2, arch=written or arch, values=values),
    ]
    (folder / 'benchmark_history.jsonl').write_text(''.join(json.dumps(line) + '\n' for line in lines))
    return folder


def test_mean_and_deviation_of_the_runs_that_finished(tmp_path):
    folders = [
        leave(tmp_path / 'a', 0, GOOD, dict(cifar10_test=94.0, cifar10_valid=91.0), -0.50, 100.0),
        leave(tmp_path / 'b', 1, ALL_SKIP, dict(cifar10_test=54.0, cifar10_valid=40.0), -0.62, 140.0),
        leave(tmp_path / 'c', 2, GOOD, dict(cifar10_test=98.0), -0.56, 90.0),
        leave(tmp_path / 'd', 3, GOOD, dict(cifar10_test=10.0), -9.0, 7.0, finished=False),
        leave(tmp_path / 'e', 4, None, None, None, 3.0, finished=False),
    ]
    repeats = [read_repeat(folder) for folder in folders]
    summary = summarize(repeats)
    assert (summary['finished'], summary['unfinished']) == ([0, 1, 2], [3, 4])
    # mean 82; deviations 12, -28, 16; squares 144 + 784 + 256 = 1184, over n - 1 = 592
    test = summary['values']['cifar10_test']
    assert (test['n'], test['mean'], test['best']) == (3, 82.0, 98.0)
    assert test['std'] == pytest.approx(592**0.5)
    valid = summary['values']['cifar10_valid']
    assert (valid['n'], valid['mean'], valid['best']) == (2, 65.5, 91.0)
    assert summary['score']['mean'] == pytest.approx(-0.56)
    assert summary['score']['std'] == pytest.approx(0.06)
    assert summary['score']['best'] == -0.5
    assert (summary['skips']['mean'], summary['skips']['best']) == (8 / 3, 1)
    assert (summary['seconds']['mean'], summary['seconds']['best']) == (110.0, 90.0)
    assert summary['collapsed'] == 1
    assert [run['collapsed'] for run in summary['runs']] == [False, True, False, False, None]
    assert json.loads(json.dumps(summary)) == summary


def test_the_table_says_what_collapsed_and_what_is_left_out(tmp_path):
    runs = [
        read_repeat(leave(tmp_path / 'a', 0, ALL_SKIP, dict(cifar10_test=54.3), -0.6, 10.0)),
        read_repeat(leave(tmp_path / 'b', 7, None, None, None, 3.0, finished=False)),
    ]
    text = format_summary(summarize(runs))
    assert f'{ALL_SKIP.replace("|", "/")} (collapsed)' in text
    assert 'nothing yet (unfinished)' in text
    assert 'collapsed: 1 of 1 finished runs' in text
    assert 'left out, not finished: seeds 7' in text
    assert '| cifar10_test | 54.30   |     | 54.30   | 1    |' in text


def test_a_line_of_another_epoch_is_not_the_accuracy_of_what_was_found(tmp_path):
    run = read_repeat(leave(tmp_path / 'a', 0, GOOD, dict(cifar10_test=54.3), -0.6, 10.0, written=ALL_SKIP))
    assert run.values is None
    assert summarize([run])['values'] == {}


def test_one_run_has_no_deviation_and_none_no_statistics():
    one = summarize([Repeat(0, True, 5.0, values=dict(a=1.0))])
    assert one['values']['a'] == dict(n=1, mean=1.0, std=None, best=1.0)
    assert one['score'] is None
    assert summarize([])['seconds'] is None


def test_a_strange_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='holds no repeat.json; it was not made by tools/repeat.py'):
        read_repeat(tmp_path)
