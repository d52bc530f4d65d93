"""The studies of configs/analysis: grids, presets and the paper's figures."""

import copy
from bisect import bisect_left, bisect_right
from pathlib import Path

import pytest
from mmengine.config import Config

from mmnas_mae.costs import Budget
from mmnas_mae.spaces import get_space
from mmnas_mae.studies.study import Study
from mmnas_mae.studies.study_pictures import KINDS

REPOSITORY = Path(__file__).resolve().parents[2]
STUDIES = sorted((REPOSITORY / 'configs/analysis').glob('*.py'))


@pytest.fixture
def open_study(monkeypatch):
    """Reads a study by its name, in the root of the checkout."""
    monkeypatch.chdir(REPOSITORY)
    return lambda name: Study(f'configs/analysis/{name}.py')


def lookup(cfg, key):
    """The setting of a dotted key."""
    for name in key.split('.'):
        cfg = cfg[int(name)] if isinstance(cfg, list) else cfg[name]
    return cfg


@pytest.mark.parametrize('path', STUDIES, ids=lambda path: path.stem)
def test_the_options_of_every_study_fit_its_configs(path, open_study, tmp_path):
    study = open_study(path.stem)
    assert all(picture['kind'] in KINDS for picture in study.pictures)
    assert 'parquet' in study.presets
    layers = [study.presets[name] for name in study.presets]
    # Rows that give the same settings of the same config differ in values alone: one of them stands for all.
    kinds = {(row['config'], *row['cfg_options']): row['name'] for row in study.rows}
    rows = study.select(list(kinds.values()))
    runs = study.runs(REPOSITORY / 'tools', tmp_path, [0], rows, layers)
    assert len(runs) == len(rows)
    for run in runs:
        cfg = Config.fromfile(run.config)
        given = dict(option.split('=', 1) for option in run.options)
        scored = Config.fromfile(given.get('run.config', cfg.run.config)) if cfg.get('run') else None
        for option in run.options:
            key = option.partition('=')[0].removeprefix('run.cfg_options.')
            own = scored if option.startswith('run.cfg_options.') else cfg
            # The last part may be new, as may a hook or a budget; what it belongs to is not.
            parent, _, last = key.rpartition('.')
            if parent == 'budget':
                continue
            if parent in ('model.head.target', 'model.backbone.relaxation') and last == 'type':
                parent = parent.rpartition('.')[0]  # the default is not written down
            lookup(own, 'default_hooks' if parent.startswith('default_hooks.') else parent)


@pytest.mark.parametrize('path', STUDIES, ids=lambda path: path.stem)
def test_the_order_of_a_preset_means_nothing(path, open_study):
    """MMEngine writes the keys of a config down in the order of the alphabet."""
    study = open_study(path.stem)
    for preset in study.presets.values():
        written = dict(sorted(preset.items()))
        for row in study.rows:
            assert list(study.settings(row, preset).items()) == list(study.settings(row, written).items())


def test_the_data_of_table_5_are_read_from_files_of_its_data_set(open_study):
    study = open_study('robustness_darts-s1-s4')
    for row in study.rows:
        hundred = 'cifar100' if row['levels']['dataset'] == 'CIFAR-100' else 'cifar10'
        found = study.settings(row, study.presets['parquet'])
        roots = [Path(value).name for key, value in found.items() if key.endswith('data_root')]
        assert [root.partition('_')[0] for root in roots] == [hundred] * 2


def test_the_presets_of_table_4_read_where_each_method_selects(open_study):
    study = open_study('table4_nasbench201')
    for row in study.rows:
        cfg = Config.fromfile(row['config'])
        found = study.settings(row, {**study.presets['parquet'], **study.presets['small']})
        nested = row['name'].startswith(('setn', 'rsps'))
        data = 'val_dataloader.dataset.dataset' if nested else 'val_dataloader.dataset'
        assert nested == ('parts' in cfg.val_dataloader.dataset)
        assert found[f'{data}.type'] == 'mmnas_mae.ParquetImages'
        assert ('_train_' in found[f'{data}.data_root']) == nested
        assert f'{data}.label_column' in found or row['name'].startswith('maenas')
        if nested:
            assert found['val_dataloader.dataset.parts'] == found['train_dataloader.dataset.parts']
        assert ('val_dataloader.dataset.indices' in found) != nested


def test_the_collapse_study_is_a_grid_of_decoder_and_ratio(open_study):
    study = open_study('collapse_nasbench201')
    cells = {(row['levels']['decoder'], row['levels']['ratio']) for row in study.rows}
    assert cells == {(decoder, ratio / 10) for decoder in ('HD', 'without HD') for ratio in range(1, 10)}
    for row in study.rows:
        hierarchical = row['cfg_options']['model.neck.type'] == 'mmnas_mae.HierarchicalDecoder'
        assert hierarchical == (row['levels']['decoder'] == 'HD')
        assert row['cfg_options']['model.mask_generator.ratio'] == row['levels']['ratio']


@pytest.mark.parametrize(
    'name, errors',
    [
        (
            'collapse_darts-s0',
            '2.67 ± 0.14, 2.65 ± 0.27, 2.74 ± 0.13, 2.76 ± 0.28, 3.74 ± 0.39, 2.99 ± 0.33, 2.85 ± 0.29, 2.77 ± 0.24',
        ),
        (
            'sensitivity_darts-s0',
            '2.79 ± 0.18, 2.77 ± 0.14, 2.65 ± 0.08, 2.63 ± 0.11, 2.80 ± 0.19, 2.75 ± 0.24, 2.71 ± 0.12, 2.74 ± 0.21',
        ),
    ],
)
def test_published_accuracies_are_the_errors_of_the_tables(name, errors, open_study):
    study = open_study(name)
    published = ', '.join(row['published']['top1'] for row in study.rows if 'top1' in row['published']).split(', ')
    assert [f'{100 - float(text[:5]):.2f}{text[5:]}' for text in published] == errors.split(', ')
    # Each row is retrained from the genotype of its own search.
    for row in study.rows:
        if row['name'].endswith('-retrained'):
            assert study.needs(row) == [row['name'].removesuffix('-retrained')]


def test_published_skips_are_those_of_table_8(open_study):
    rows = open_study('collapse_darts-s0').rows
    assert [row['published']['skips'] for row in rows if 'skips' in row['published']] == [2, 1, 1, 1, 6, 5, 2, 1]


def test_the_masked_score_inherits_from_the_search_network_of_the_same_seed(open_study, tmp_path):
    for name in ('search-scores_nasbench201', 'search-scores_transnas101-micro'):
        study = open_study(name)
        runs = study.runs(REPOSITORY / 'tools', tmp_path, [0, 1], study.select(['*-masked']))
        assert [(run.name, [other.name for other in run.after]) for run in runs if run.after] == [
            (f'{search}-masked, seed {seed}', [f'supernet, seed {seed}']) for search in ('rs', 'rea') for seed in (0, 1)
        ]


@pytest.mark.parametrize('name, space', [('nasbench201', 'nasbench201'), ('transnas101', 'transnas101_micro')])
def test_budgets_are_percentiles_of_the_benchmark(name, space, open_study):
    study, space, budget = open_study(f'budget_{name}'), get_space(space), Budget(macs=1)
    costs = sorted(budget.cost(genotype)['macs'] for genotype in space.enumerate())
    named = {row['levels']['budget']: row['cfg_options']['budget.macs'] for row in study.rows if row['levels']}
    assert list(named) == [10, 25, 50, 75]
    for percent, limit in named.items():
        assert limit in costs
        place = len(costs) * percent / 100
        assert bisect_left(costs, limit) < place <= bisect_right(costs, limit)


def test_the_full_size_is_that_of_the_paper(open_study, tmp_path):
    study = open_study('full-size_cifar10')
    assert study.seeds == [0, 1, 2]
    for run in study.runs(REPOSITORY / 'tools', tmp_path, [0], study.rows):
        cfg = Config.fromfile(run.config)
        backbone = cfg.model.backbone
        sizes = (backbone.init_channels, backbone.get('cells_per_stage'), backbone.get('layers'))
        assert sizes == ((16, 5, None) if run.name.startswith('nb201') else (16, None, 8))
        assert cfg.train_cfg.max_epochs == 50


def searched(row, own):
    """The config ``own`` of a row of searches, with the options of that row."""
    cfg = copy.deepcopy(own)
    cfg.merge_from_dict(row['cfg_options'])
    return cfg


def test_space_and_data_set_are_the_axes_of_table_5(open_study):
    study = open_study('robustness_darts-s1-s4')
    retrain = Config.fromfile(REPOSITORY / 'configs/_base_/datasets/cifar100_retrain.py').data_preprocessor
    rows = study.select(['*-s?'])
    assert len(rows) == 9 * 2 * 4
    configs = {config: Config.fromfile(REPOSITORY / config) for config in {row['config'] for row in rows}}
    for row in rows:
        own = configs[row['config']]
        cfg = searched(row, own)
        assert cfg.model.backbone.space == f'darts_{row["levels"]["space"].lower()}'
        hundred = row['levels']['dataset'] == 'CIFAR-100'
        datasets = (cfg.train_dataloader.dataset.dataset, cfg.val_dataloader.dataset, cfg.test_dataloader.dataset)
        assert {(data.type, data.data_root) for data in datasets} == {
            ('CIFAR100', 'data/cifar100') if hundred else ('CIFAR10', 'data/cifar10')
        }
        if hundred:
            assert {key: cfg.data_preprocessor[key] for key in ('mean', 'std')} == {
                key: retrain[key] for key in ('mean', 'std')
            }
        if cfg.model.type == 'mmnas_mae.ClassificationSearch':
            assert cfg.model.head.num_classes == (100 if hundred else 10)
        # Nothing else differs from the config of the method.
        changed = {'model', 'data_preprocessor', 'train_dataloader', 'val_dataloader', 'test_dataloader'}
        assert {key: value for key, value in cfg.items() if key not in changed} == {
            key: value for key, value in own.items() if key not in changed
        }


def test_the_rows_of_table_5_on_cifar100_are_configs_of_its_base(open_study, tmp_path):
    """The options of the study say what configs/_base_/datasets says."""
    rows = {row['name']: row for row in open_study('robustness_darts-s1-s4').rows}
    base = REPOSITORY / 'configs/_base_'
    for name, objective, data, classes in (
        ('maenas-c100-s1', 'maenas', 'cifar100_search', ''),
        ('darts-2nd-c100-s1', 'classification', 'cifar100_search_labelled', 'model = dict(head=dict(num_classes=100))'),
    ):
        files = [f'objectives/{objective}', 'networks/darts-s1', f'datasets/{data}', 'schedules/search_50e']
        text = f'_base_ = {[f"{base}/{file}.py" for file in (*files, "methods/darts-2nd", "search_runtime")]}\n'
        file = tmp_path / f'{objective}.py'
        file.write_text(f"{text}_base_.merge(_base_.pop('network'))\n_base_.merge(_base_.pop('method'))\n{classes}\n")
        written = Config.fromfile(file)
        own = Config.fromfile(REPOSITORY / rows[name]['config'])
        assert written.to_dict() == searched(rows[name], own).to_dict()
