"""The commands that score architectures and correlate scores with true accuracies."""

import json
import runpy
import sys

import numpy as np
import pytest
from PIL import Image
from scipy.stats import kendalltau

from mmnas_mae.discrete import ShortTrainingScorer
from mmnas_mae.scores.scores_file import read_scores, write_scores

CONFIG = 'configs/search/maenas_nasbench201_1xb64-50e_cifar10.py'
SCORE, CORRELATE = 'tools/analysis/score_architectures.py', 'tools/analysis/rank_correlation.py'


@pytest.fixture
def call(repository, data_dir, monkeypatch, capsys):
    """Runs a tool in this process; returns its exit code or error and what it printed."""
    monkeypatch.setenv('MMNAS_DATA', str(data_dir))
    monkeypatch.chdir(repository)

    def run(tool, *arguments):
        monkeypatch.setattr(sys, 'argv', [tool, *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            runpy.run_path(str(repository / tool), run_name='__main__')
        return stopped.value.code, capsys.readouterr().out

    return run


@pytest.fixture
def short(data_file):
    """A stand-alone training of 2 steps, of 5 architectures."""
    train, test = data_file('cifar10_train_20k.parquet'), data_file('cifar10_test_4k.parquet')
    return [
        *(CONFIG, '--num', 5, '--scorer', 'short', '--scorer-options', 'steps=2', 'batch_size=8'),
        *('--heldout', 8, '--train', 16, '--cfg-options'),
        *('model.backbone.init_channels=2', 'model.backbone.cells_per_stage=1'),
        'train_dataloader.dataset.dataset.type=mmnas_mae.ParquetImages',
        f'train_dataloader.dataset.dataset.data_root={train}',
        *('val_dataloader.dataset.type=mmnas_mae.ParquetImages', f'val_dataloader.dataset.data_root={test}'),
    ]


def test_true_accuracy_as_score_gives_one_and_a_shuffled_one_about_zero(call, tmp_path):
    out = tmp_path / 'true.parquet'
    options = ['--scorer', 'table', '--scorer-options', 'dataset=cifar10', 'metric=test', '--resamples', 300]
    code, printed = call(CORRELATE, CONFIG, '--benchmark', 'nasbench201', '--num', 300, *options, '--out', out)
    assert code is None
    found = json.loads(printed.splitlines()[-1])
    assert found['architectures'] == 300
    values = found['truths']['cifar10_test']['predictors']
    assert [values['true'][name]['tau'] for name in ('all', 'connected', 'top half')] == [pytest.approx([1, 1, 1])] * 3
    assert '| true ' in printed
    assert '1.000 [1.000, 1.000]' in printed
    scores = read_scores(out)
    for name, column in (('parameters', 'params'), ('cifar10_test_12ep', 'cifar10_test_12ep')):
        tau = kendalltau(scores.columns[column], scores.columns['cifar10_test']).statistic
        assert values[name]['all']['tau'][0] == pytest.approx(tau)
        assert values[name]['all']['tau'][1] < tau < values[name]['all']['tau'][2]
        assert f'{tau:.3f} [' in printed
    with Image.open(tmp_path / 'true.png') as picture:
        assert min(picture.size) > 600
        assert len(picture.convert('RGB').getcolors(1 << 20)) > 50

    score = np.random.default_rng(0).permutation(scores.columns['score'])
    write_scores(tmp_path / 'shuffled.parquet', dict(scores.columns, score=score), scores.meta)
    _, printed = call(
        CORRELATE,
        '--scores',
        tmp_path / 'shuffled.parquet',
        '--scores',
        out,
        '--names',
        'a',
        'b',
        '--truths',
        'cifar10_test',
    )
    values = json.loads(printed.splitlines()[-1])['truths']['cifar10_test']
    low, high = values['predictors']['a']['all']['tau'][1:]
    assert low < 0 < high
    assert values['differences']['all']['a - b'][2] < -0.8


def test_an_interrupted_scoring_goes_on_and_equals_one_in_one_go(call, short, tmp_path, monkeypatch):
    whole, parts = tmp_path / 'whole.parquet', tmp_path / 'parts.parquet'
    code, printed = call(SCORE, *short, '--out', whole)
    assert (code, 'all 5 architectures' in printed) == (None, True)

    score, asked = ShortTrainingScorer.__call__, []

    def crashing(self, genotype):
        asked.append(genotype)
        if len(asked) == 3:
            raise ValueError('the machine went away')
        return score(self, genotype)

    monkeypatch.setattr(ShortTrainingScorer, '__call__', crashing)
    assert 'the machine went away' in call(SCORE, *short, '--out', parts)[0]
    assert not parts.exists()
    with parts.with_suffix('.jsonl').open('a') as file:
        file.write('{"number": 2, "arch": "|no')  # killed while writing
    code, printed = call(SCORE, *short, '--out', parts, '--minutes', 0)
    assert code is None
    assert 'incomplete, 3 of 5 architectures; the same command goes on' in printed
    assert not read_scores(parts).meta['complete']
    assert call(SCORE, *short, '--out', parts)[0] is None
    assert len(asked) == 2 + 1 + 3

    expected, found = read_scores(whole), read_scores(parts)
    assert found.meta == expected.meta
    assert found.meta['complete']
    assert set(found.meta['trivial_losses']) == {'image_mean', 'diffusion_fill'}
    for name in set(expected.columns) - {'seconds', 'cpu_seconds'}:
        np.testing.assert_array_equal(found.columns[name], expected.columns[name])
    assert (found.columns['cpu_seconds'] > 0).all()


def test_errors_are_one_line(call, short, tmp_path, data_file):
    call(SCORE, *short, '--out', tmp_path / 'a.parquet', '--num', 1)
    for tool, arguments, words in (
        (SCORE, [*short, '--out', tmp_path / 'a.parquet', '--seed', 1], 'scorer is'),
        (SCORE, [*short, '--scorer', 'inherited'], 'set run.checkpoint, or give --checkpoint'),
        (SCORE, [*short, '--benchmark', 'transnas101_micro'], 'searches nasbench201'),
        (SCORE, ['none.py'], "config 'none.py' does not exist"),
        (CORRELATE, [], 'either a config'),
        (CORRELATE, [CONFIG, '--scores', 'a.parquet'], 'either a config'),
        (CORRELATE, ['--scores', data_file('nb201.parquet')], "it has no column 'score'"),
        (CORRELATE, ['--scores', tmp_path / 'a.parquet', '--names', 'a', 'b'], 'each of the 1 protocols, got 2'),
    ):
        message, _ = call(tool, *arguments)
        assert message.startswith('error: ')
        assert words in message
        assert '\n' not in message
