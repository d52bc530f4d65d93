"""Grids of searches: options, tables and pictures."""

import json
import statistics

import numpy as np
import pytest

from mmnas_mae.scores.scores_file import write_scores
from mmnas_mae.spaces import Genotype, get_space
from mmnas_mae.studies.study import Study
from mmnas_mae.studies.study_pictures import KINDS, draw_study, spread
from mmnas_mae.studies.study_scores import compare_scores
from mmnas_mae.studies.study_table import format_study, read_study, study_summary

SEARCH = 'configs/search/maenas_nasbench201_1xb64-50e_cifar10.py'
ALL_SKIP = '|skip_connect~0|+|skip_connect~0|skip_connect~1|+|skip_connect~0|skip_connect~1|skip_connect~2|'
GOOD = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|'
STUDY = f"""
title = 'A small study'
seeds = [0, 1]
rows = [
    dict(name=f'{{d}}-{{r}}', config='{SEARCH}', label=f'{{d}} at {{r / 100}}', levels=dict(decoder=d, ratio=r / 100),
         cfg_options=dict(model=dict(mask_generator=dict(ratio=r / 100)))) for d in ('hd', 'one') for r in (20, 80)
] + [
    dict(name='rs', config='configs/discrete/rs-mae_transnas101-micro.py', published=dict(cifar10_test='94.0'),
         cfg_options={{'run.checkpoint': '{{hd-80.checkpoint}}', 'run.config': '{{hd-80}}/config.py'}}),
    dict(name='table', config='configs/discrete/rs-table_transnas101-micro.py'),
]
columns = ['cifar10_test', 'skips', 'collapsed', 'eigenvalue', 'seconds']
pictures = [
    dict(file='skips', kind='lines', x='ratio', y='skips', series='decoder'),
    dict(file='grid', kind='heat', x='ratio', y='decoder', value='cifar10_test'),
    dict(file='eigenvalues', kind='epochs', y='eigenvalue'),
    dict(file='best', kind='best', y='cifar10_test'),
]
presets = dict(short={{'train_cfg.max_epochs': 2, 'hd-*:model.masking': 'sparse'}})
"""


@pytest.fixture
def study(tmp_path, repository, monkeypatch):
    monkeypatch.chdir(repository)
    (tmp_path / 'small.py').write_text(STUDY)
    return Study(tmp_path / 'small.py')


def leave(folder, seed, arch, accuracy, eigenvalues, finished=True):
    """What a search leaves."""
    (folder / '20260101_000000' / 'vis_data').mkdir(parents=True)
    state = dict(seed=seed, settings='x', finished=finished, seconds=10.0 + seed, starts=1)
    (folder / 'repeat.json').write_text(json.dumps(state))
    genotype = get_space('nasbench201').parse(arch)
    Genotype(genotype.space, genotype.cells, dict(score=-0.5, seed=seed)).save(folder / 'genotype.json')
    line = dict(epoch=2, arch=arch, values=dict(cifar10_test=accuracy))
    (folder / 'benchmark_history.jsonl').write_text(json.dumps(line) + '\n')
    lines = [{'arch/eigenvalue': value, 'step': step} for step, value in enumerate(eigenvalues, 1)]
    text = ''.join(json.dumps(line) + '\n' for line in lines)
    (folder / '20260101_000000' / 'vis_data' / 'scalars.json').write_text(text)


def leave_curve(folder, seed, values):
    folder.mkdir(parents=True)
    (folder / 'repeat.json').write_text(json.dumps(dict(seed=seed, finished=True, seconds=1.0)))
    genotype = get_space('nasbench201').parse(GOOD)
    genotype.save(folder / 'genotype.json')
    result = dict(arch=get_space('nasbench201').format(genotype), values=dict(cifar10_test=values[-1]))
    (folder / 'result.json').write_text(json.dumps(result))
    lines = [f'{number},0.1,0.1,{value},x' for number, value in enumerate(values, 1)]
    (folder / 'curve.csv').write_text('\n'.join(['evaluations,score,best_score,best_cifar10_test,best_arch', *lines]))


@pytest.fixture
def work_dir(tmp_path):
    """Runs of most rows; that of seed 1 of one-80 is unfinished, and one row has not begun."""
    root = tmp_path / 'runs'
    leave(root / 'hd-20' / 'seed_0', 0, GOOD, 94.0, [0.1, 0.2])
    leave(root / 'hd-20' / 'seed_1', 1, GOOD, 93.0, [0.3, 0.4])
    leave(root / 'one-20' / 'seed_0', 0, ALL_SKIP, 54.3, [0.5, 1.0])
    leave(root / 'one-20' / 'seed_1', 1, GOOD, 94.0, [0.7, 3.0])
    leave(root / 'one-80' / 'seed_0', 0, GOOD, 92.0, [0.2, 0.2])
    leave(root / 'one-80' / 'seed_1', 1, ALL_SKIP, 54.3, [9.0, 9.0], finished=False)
    leave_curve(root / 'rs' / 'seed_0', 0, [90.0, 91.0, 94.0])
    leave_curve(root / 'rs' / 'seed_1', 1, [88.0, 93.0])
    return root


def test_options_reach_the_rows_they_are_meant_for(study):
    rows = {row['name']: row for row in study.rows}
    layers = [study.presets['short'], {'!hd-*:search.budget': '7', 'model.init': '[1,2]', 'train_cfg.max_epochs': '3'}]
    hd = study.options(rows['hd-20'], layers)
    assert 'model.mask_generator.ratio=0.2' in hd
    assert 'model.masking=sparse' in hd
    assert 'train_cfg.max_epochs=3' in hd
    assert 'model.init=[1,2]' in hd
    assert 'default_hooks.pause.type=mmnas_mae.PauseHook' in hd
    assert 'train_dataloader.sampler.type=mmnas_mae.ResumableSampler' in hd
    assert not any('search.budget' in option for option in hd)
    assert not any('masking' in option for option in study.options(rows['one-20'], layers))
    # A discrete search that scores with a trained search hands the options on; one with a table has none of it.
    rs = study.options(rows['rs'], layers)
    assert {'run.cfg_options.train_cfg.max_epochs=3', 'run.cfg_options.model.init=[1,2]', 'search.budget=7'} <= set(rs)
    assert study.options(rows['table'], layers) == ['search.budget=7']


@pytest.mark.parametrize('turned', [False, True])
def test_of_a_preset_the_key_for_fewest_rows_counts(study, turned):
    keys = {'x': 0, '!one-*:x': 1, 'hd-*:x': 2, 'hd-20:x': 3, '*-80:y': 4}
    preset = dict(reversed(keys.items())) if turned else keys
    rows = {row['name']: row for row in study.rows}
    assert {name: study.settings(rows[name], preset).get('x') for name in rows} == {
        'hd-20': 3,
        'hd-80': 2,
        'one-20': 0,
        'one-80': 0,
        'rs': 1,
        'table': 1,
    }
    assert list(study.settings(rows['hd-80'], preset)) == ['x', 'y']


def test_keys_of_a_preset_of_which_none_counts_more_are_refused(study):
    row = study.rows[1]
    assert study.settings(row, {'hd-*:x': 1, '*-80:x': 1}) == dict(x=1)
    with pytest.raises(ValueError, match=r"small: 'hd-\*:x' and '\*-80:x' both set x of row 'hd-80'"):
        study.settings(row, {'hd-*:x': 1, '*-80:x': 2})


def test_a_row_waits_for_the_row_that_it_names(study, tmp_path, repository):
    assert [row['name'] for row in study.select(['rs', 'one-2*'])] == ['hd-80', 'one-20', 'rs']
    runs = study.runs(repository / 'tools', tmp_path / 'w', [3, 4], study.select(['rs']))
    assert [run.name for run in runs] == ['hd-80, seed 3', 'hd-80, seed 4', 'rs, seed 3', 'rs, seed 4']
    assert runs[3].after == [runs[1]]
    with pytest.raises(FileNotFoundError, match='seed_4 holds no checkpoint'):
        [runs[3].resolve(option) for option in runs[3].options]
    folder = tmp_path / 'w' / 'hd-80' / 'seed_4'
    folder.mkdir(parents=True)
    # The file names where the run was made, which may have been moved since.
    (folder / 'last_checkpoint').write_text('/elsewhere/epoch_2.pth')
    (folder / 'epoch_2.pth').touch()
    options = [runs[3].resolve(option) for option in runs[3].options]
    assert f'run.checkpoint={folder / "epoch_2.pth"}' in options
    assert f'run.config={folder}/config.py' in options


@pytest.mark.parametrize(
    'text, message',
    [
        ('rows = []', 'has no rows'),
        ("rows = [dict(name='a')]", 'config is missing or unknown'),
        ("rows = [dict(name='a', config='x', option=1)]", 'option is missing or unknown'),
        ("rows = [dict(name='a b', config='x')]", "names must differ and hold letters, digits, - or _, got 'a b'"),
        ("rows = [dict(name='a', config='x'), dict(name='a', config='x')]", "must differ .*, got 'a'"),
    ],
)
def test_a_study_of_another_form_is_refused(tmp_path, text, message):
    (tmp_path / 'wrong.py').write_text(text)
    with pytest.raises(ValueError, match=message):
        Study(tmp_path / 'wrong.py')


def test_wrong_names_are_told(study, tmp_path):
    with pytest.raises(ValueError, match="no row of small matches 'x-\\*'; there are: hd-20, hd-80, one-20"):
        study.select(['x-*'])
    study.rows[0]['cfg_options']['load_from'] = '{rs.checkpoint}'
    with pytest.raises(ValueError, match="row 'hd-20' of small names 'rs', which is no row before it"):
        study.select(['hd-20'])
    study.pictures[0]['kind'] = 'pie'
    with pytest.raises(ValueError, match="kind must be one of lines, heat, alphas, epochs, best, got 'pie'"):
        draw_study(study, {row['name']: {} for row in study.rows}, tmp_path)


def test_the_table_has_mean_and_deviation_of_what_finished(study, work_dir):
    found = read_study(work_dir, study.rows, study.seeds)
    summary = study_summary(study.title, study.rows, found, study.seeds)
    assert json.loads(json.dumps(summary)) == summary
    rows = {row['name']: row for row in summary['rows']}
    assert rows['one-20']['values']['cifar10_test']['mean'] == statistics.fmean([54.3, 94.0])
    assert rows['one-20']['values']['cifar10_test']['std'] == pytest.approx(statistics.stdev([54.3, 94.0]))
    assert (rows['one-20']['skips']['mean'], rows['one-20']['collapsed']) == (3.5, 1)
    assert rows['one-20']['eigenvalue']['mean'] == 2.0
    assert (rows['one-80']['finished'], rows['one-80']['unfinished']) == ([0], [1])
    assert rows['one-80']['values']['cifar10_test'] == dict(n=1, mean=92.0, std=None, best=92.0)
    lines = [
        [cell.strip() for cell in line.split('|')[1:-1]] for line in format_study(summary, study.columns).split('\n')
    ]
    table = {line[0]: line[1:] for line in lines if len(line) > 3}
    head = ['paper, cifar10_test', 'cifar10_test', 'skips', 'collapsed', 'eigenvalue', 'seconds', 'runs']
    assert table[''] == head
    expected = ['', '93.50 ± 0.71', '1.00 ± 0.00', '0 of 2', '0.3000 ± 0.1414', '10 ± 1', '2 of 2']
    expected[5] = f'{10.5:.0f} ± 1'
    assert table['hd at 0.2'] == expected
    assert table['one at 0.2'][1:4] == ['74.15 ± 28.07', '3.50 ± 3.54', '1 of 2']
    assert table['one at 0.8'][1:] == ['92.00', '1.00', '0 of 1', '0.2000', '10', '1 of 2']
    assert table['rs'][:2] == ['94.0', '93.50 ± 0.71']
    assert 'Not started: hd at 0.8; table.' in format_study(summary, study.columns)


def test_pictures_show_the_same_figures(study, work_dir, tmp_path):
    found = read_study(work_dir, study.rows, study.seeds)
    files = draw_study(study, found, tmp_path / 'drawn')
    assert [file.name for file in files] == ['skips.png', 'grid.png', 'eigenvalues.png', 'best.png']
    assert all(file.stat().st_size > 5000 for file in files)
    runs = {name: [run for run in row.values() if run[1].finished] for name, row in found.items()}
    rows = [row for row in study.rows if runs[row['name']]]

    (axis,) = KINDS['lines'](rows, runs, x='ratio', y='cifar10_test', series='decoder').axes
    means = {bars.get_label(): bars.lines[0].get_ydata().tolist() for bars in axis.containers}
    assert means == {'hd': [93.5], 'one': [pytest.approx(74.15), 92.0]}
    heat = KINDS['heat'](rows, runs, x='ratio', y='decoder', value='skips').axes[0]
    np.testing.assert_array_equal(heat.images[0].get_array().filled(np.nan), [[1, np.nan], [3.5, 1]])
    assert [text.get_text() for text in heat.texts] == ['1.00', '3.50', '1.00']
    (axis,) = KINDS['epochs'](rows, runs, y='eigenvalue').axes
    assert {line.get_label(): line.get_ydata().tolist() for line in axis.lines} == {
        'hd at 0.2': [0.2, pytest.approx(0.3)],
        'one at 0.2': [pytest.approx(0.6), 2.0],
        'one at 0.8': [0.2, 0.2],
    }
    (axis,) = KINDS['best'](rows, runs, y='cifar10_test').axes
    # The shorter run has no third evaluation.
    assert [line.get_ydata().tolist() for line in axis.lines] == [[89.0, 92.0]]
    assert KINDS['best'](rows, runs, y='cifar100_test') is None
    assert KINDS['alphas'](rows, runs) is None


def test_the_spread_is_that_of_the_seeds():
    steps, mean, deviation = spread([((1, 2, 4), (1.0, 2.0, 5.0)), ((2, 4), (4.0, 5.0))])
    assert steps.tolist() == [2, 4]
    assert mean.tolist() == [3.0, 5.0]
    assert deviation.tolist() == [pytest.approx(2**0.5), 0.0]
    assert spread([((1,), (3.0,))])[2].tolist() == [0.0]


def test_rows_that_score_are_commands_of_their_own_and_compared(tmp_path, repository):
    config = repository / 'configs/search/maenas_nasbench201_1xb64-50e_cifar10.py'
    scores = dict(scorer='short', num=4, connected_only=True, scorer_options=dict(steps=3, lr=0.1))
    text = f"""
seeds = [0, 1]
truths = ['cifar10_test']
rows = [
    dict(name='one', config={str(config)!r}, scores={scores}),
    dict(name='net', config={str(config)!r}),
    dict(name='two', config={str(config)!r}, scores=dict(scorer='inherited', checkpoint='{{net.checkpoint}}')),
]
"""
    (tmp_path / 'scored.py').write_text(text)
    study = Study(tmp_path / 'scored.py')
    assert [row['name'] for row in study.select(['two'])] == ['net', 'two']
    runs = study.runs(repository / 'tools', tmp_path / 'w', [0, 1], study.rows)
    command = runs[1].command()
    assert command[1] == str(repository / 'tools/analysis/score_architectures.py')
    assert command[2:] == [
        *(str(config), '--seed', '1', '--arch-seed', '1', '--scorer', 'short', '--num', '4', '--connected-only'),
        *('--scorer-options', 'steps=3', 'lr=0.1', '--out', str(tmp_path / 'w/one/seed_1/scores.parquet')),
    ]
    assert runs[5].after == [runs[3]]
    (tmp_path / 'w/net/seed_1').mkdir(parents=True)
    (tmp_path / 'w/net/seed_1/last_checkpoint').write_text('epoch_1.pth')
    (tmp_path / 'w/net/seed_1/epoch_1.pth').touch()
    assert runs[5].command()[3] == str(tmp_path / 'w/net/seed_1/epoch_1.pth')

    truth = np.array([90.0, 91.0, 92.0, 93.0])
    for row, sign in (('one', 1), ('two', -1)):
        for seed in (0, 1):
            folder = tmp_path / 'w' / row / f'seed_{seed}'
            folder.mkdir(parents=True, exist_ok=True)
            (folder / 'repeat.json').write_text(json.dumps(dict(seed=seed, finished=True, seconds=1.0)))
            columns = dict(arch=[f'{seed}{i}' for i in range(4)], score=sign * truth, seconds=np.ones(4))
            columns |= dict(cpu_seconds=np.full(4, 2.0), params=truth[::-1], connected=np.ones(4, bool))
            meta = dict(benchmark='nasbench201', arch_seed=seed, complete=True)
            write_scores(folder / 'scores.parquet', dict(columns, cifar10_test=truth), meta)
    found = read_study(tmp_path / 'w', study.rows, study.seeds)
    table = compare_scores(study.rows, found, study.truths, tmp_path)
    assert '8 architectures in 2 samples' in table
    assert 'CPU seconds for each architecture: one 2.0, two 2.0' in table
    values = json.loads((tmp_path / 'scores.json').read_text())['truths']['cifar10_test']
    assert values['predictors']['one']['all']['tau'] == pytest.approx([1, 1, 1])
    assert values['predictors']['two']['all']['tau'] == pytest.approx([-1, -1, -1])
    assert values['differences']['all']['one - two'] == pytest.approx([2, 2, 2])
    assert (tmp_path / 'scores.png').stat().st_size > 1000
    assert compare_scores(study.rows[1:2], found, None, tmp_path) is None
