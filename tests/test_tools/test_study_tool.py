"""tools/study.py from the command line, on real images."""

import csv
import json
from pathlib import Path

import pytest
import torch

from mmnas_mae.report import read_search

STUDY = """
title = 'Two scores'
seeds = [1]
rows = [
    dict(name='supernet', config='configs/search/maenas_nasbench201_1xb64-50e_cifar10.py', levels=dict(score='none'),
         cfg_options={{'default_hooks.hessian.type': 'mmnas_mae.HessianHook', 'default_hooks.hessian.steps': 2}}),
    dict(name='table', config='configs/discrete/rs-table_nasbench201_cifar10.py', levels=dict(score='accuracy')),
    dict(name='masked', config='configs/discrete/rs-mae_nasbench201_cifar10.py', levels=dict(score='masked'),
         cfg_options={{'run.checkpoint': '{{supernet.checkpoint}}', 'run.heldout': 16}}),
]
columns = ['cifar10_test', 'skips', 'eigenvalue', 'seconds']
pictures = [dict(file='alphas', kind='alphas'), dict(file='best', kind='best', y='cifar10_test')]
presets = dict(tiny={{
    'train_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages',
    'train_dataloader.dataset.dataset.data_root': '{train}',
    'train_dataloader.dataset.parts': [('weights', 0.0016), ('arch', 0.0016)],
    'train_dataloader.batch_size': 16,
    'train_dataloader.num_workers': 0,
    'val_dataloader.dataset.type': 'mmnas_mae.ParquetImages',
    'val_dataloader.dataset.data_root': '{test}',
    'val_dataloader.dataset.indices': 16,
    'val_dataloader.num_workers': 0,
    'model.backbone.init_channels': 2,
    'model.backbone.cells_per_stage': 1,
    'train_cfg.max_epochs': 2,
    'optim_wrapper.arch.optimizer.lr': 0.1,
    'search.budget': 5,
}})
"""


@pytest.fixture
def study(data_file, tmp_path):
    """Arguments of a study of three runs."""
    data_file('nb201.parquet')
    files = dict(train=data_file('cifar10_train_20k.parquet'), test=data_file('cifar10_test_4k.parquet'))
    (tmp_path / 'two_scores.py').write_text(STUDY.format(**files))
    return ['tools/study.py', tmp_path / 'two_scores.py', '--preset', 'tiny', '--work-dir', tmp_path / 'runs']


def test_a_study_runs_its_rows_once_and_writes_what_they_found(call, study, tmp_path):
    runs = tmp_path / 'runs'
    late = call(*study, '--minutes', 0.001, '--only', 'masked', expect=75)
    assert 'not finished: 2 of 2 runs; the same command goes on' in late
    assert '| 0 of 1 |' in late
    output = call(*study, '--jobs', 2)
    assert 'masked, seed 1: starts in' in output
    summary = json.loads((runs / 'study.json').read_text())
    assert (runs / 'study.md').read_text() in output
    rows = {row['name']: row for row in summary['rows']}
    assert rows['table']['given'] == ['search.budget=5']
    assert 'train_cfg.max_epochs=2' in rows['supernet']['given']
    assert 'default_hooks.hessian.steps=2' not in rows['supernet']['given']
    assert 'Not with the settings of the study alone, but with: ' in output
    assert [row['finished'] for row in summary['rows']] == [[1], [1], [1]]
    for name, row in rows.items():
        folder = runs / name / 'seed_1'
        genotype = json.loads((folder / 'genotype.json').read_text())
        edges = [op for node in genotype['cells']['cell']['nodes'] for op, _ in node]
        assert row['skips']['mean'] == edges.count('skip_connect')
        assert row['runs'][0]['seconds'] == json.loads((folder / 'repeat.json').read_text())['seconds'] > 0
    _, eigenvalues = read_search(runs / 'supernet/seed_1').scalars['arch/eigenvalue']
    assert rows['supernet']['eigenvalue']['mean'] == pytest.approx(eigenvalues[-1])
    for name in ('table', 'masked'):
        with (runs / name / 'seed_1' / 'curve.csv').open() as file:
            curve = list(csv.DictReader(file))
        assert len(curve) == 5
        assert rows[name]['values']['cifar10_test']['mean'] == float(curve[-1]['best_cifar10_test'])
    # The masked score is that of the weights that the first row has trained.
    settings = json.loads((runs / 'masked/seed_1/evaluations.jsonl').read_text().splitlines()[0])['settings']
    checkpoint = Path(settings['run']['checkpoint'])
    assert checkpoint == runs / 'supernet' / 'seed_1' / 'epoch_2.pth'
    assert torch.load(checkpoint, weights_only=False)['meta']['seed'] == 1
    assert all((runs / f'{name}.png').stat().st_size > 5000 for name in ('alphas', 'best'))

    before = {path: path.stat().st_mtime_ns for path in runs.glob('*/seed_1/**/*') if path.is_file()}
    again = call(*study)
    assert again.count('finished before') == 3
    assert {path: path.stat().st_mtime_ns for path in runs.glob('*/seed_1/**/*') if path.is_file()} == before
    assert json.loads((runs / 'study.json').read_text()) == summary
    assert (runs / 'study.md').read_text() in call(*study, '--aggregate-only')
    refused = call(*study, '--cfg-options', 'table:search.budget=6', expect=1)
    assert 'table/seed_1 was run with another config or other options' in refused


def test_a_failed_run_is_told_and_the_others_are_summed_up(call, study, tmp_path):
    (tmp_path / 'runs/table/seed_1').mkdir(parents=True)
    (tmp_path / 'runs/table/seed_1/evaluations.jsonl').write_text('{"settings": {"seed": 9}}\n')
    output = call(*study, '--only', 'table', expect=1)
    assert 'failed: table, seed 1' in output
    assert '| table |' in output


@pytest.mark.parametrize(
    'flags, message',
    [
        (['--preset', 'huge'], "--preset must be of tiny, got 'huge'"),
        (['--seeds', 1, 1], '--seeds must differ, got [1, 1]'),
        (['--minutes', 0], '--minutes must be a number above 0, got 0.0'),
        (['--cfg-options', 'search.budget'], "must have the form [ROWS:]key=value, got 'search.budget'"),
        (['--cfg-options', 'rea:search.budget=2'], "no row of two_scores matches 'rea'; there are: supernet, table"),
        (['--only', 'rea'], "no row of two_scores matches 'rea'"),
    ],
)
def test_wrong_arguments_are_named(call, study, flags, message):
    assert message in call(*study, *flags, expect=1)
