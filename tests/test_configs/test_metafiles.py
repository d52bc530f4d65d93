"""Metafiles: every row of the paper is there, configs exist, what can be computed is right, documents are current."""

import importlib.util
import random
import re
import statistics
from collections import Counter
from pathlib import Path

import pytest
import yaml
from mmengine.config import Config

from mmnas_mae.apis import build_network
from mmnas_mae.benchmarks.load import load_table
from mmnas_mae.costs import measure_complexity
from mmnas_mae.discrete import Evaluator, TableScorer, build_scorer
from mmnas_mae.registry import TASK_UTILS
from mmnas_mae.spaces import get_space, load_genotype, published
from mmnas_mae.studies.study import Study

REPOSITORY = Path(__file__).resolve().parents[2]

#: Rows of each table of the paper.
ROWS = {1: 14, 2: 11, 3: 4, 4: 8, 5: 10, 6: 7, 9: 2, 10: 2, 11: 4}


@pytest.fixture(scope='module')
def tool(repository):
    spec = importlib.util.spec_from_file_location('results_table', repository / 'tools/misc/results_table.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope='module')
def models(tool):
    return tool.read_models()


def row(models, name):
    (found,) = [model for model in models if model['Name'] == name]
    return found


def test_every_row_of_the_paper_is_there(tool, models):
    assert Counter(table for table, _, _ in tool.rows_of(models)) == ROWS
    names = [model['Name'] for model in models]
    assert len(names) == len(set(names))


def test_files_that_are_named_exist(repository, models):
    index = yaml.safe_load((repository / 'model-index.yml').read_text())['Import']
    assert sorted(index) == sorted(str(p.relative_to(repository)) for p in repository.glob('configs/*/metafile.yml'))
    for model in models:
        for config in (model.get('Config'), model['Metadata'].get('Search Config'), model['Metadata'].get('Study')):
            assert config is None or (repository / config).is_file(), model['Name']
    for name in index:
        content = yaml.safe_load((repository / name).read_text())
        collections = {collection['Name'] for collection in content['Collections']}
        assert {model['In Collection'] for model in content['Models']} == collections
    for evidence in (result.get('Evidence') for model in models for result in model.get('Results') or []):
        assert evidence is not None
        assert (repository / evidence).is_file()


#: What the published schema of metafiles (model-index) knows of each kind of entry, and what is demanded of it.
SCHEMA = dict(
    Collections=({'Name', 'Metadata', 'README', 'Paper', 'Code', 'Weights'}, {'Name'}),
    Models=(
        {'Name', 'In Collection', 'Config', 'Metadata', 'Results', 'Weights', 'README', 'Paper'},
        {'Name', 'Config'},
    ),
    Results=({'Task', 'Dataset', 'Metrics'}, {'Task', 'Dataset', 'Metrics'}),
)
#: Ours beside the schema's, which readers of it pass over.
OWN_KEYS = {'Setting', 'Evidence'}


def test_metafiles_keep_to_the_published_schema(repository):
    """MMEngine's hub and mim look a config up by walking over every model, and break at one without."""

    def check(kind, entry):
        known, demanded = SCHEMA[kind]
        assert demanded <= set(entry) <= known | (OWN_KEYS if kind == 'Results' else set()), entry.get('Name')

    for name in yaml.safe_load((repository / 'model-index.yml').read_text())['Import']:
        content = yaml.safe_load((repository / name).read_text())
        assert set(content) == {'Collections', 'Models'}
        for collection in content['Collections']:
            check('Collections', collection)
        for model in content['Models']:
            check('Models', model)
            assert isinstance(model['Config'], str)
            assert model['Config'].startswith('configs/')
            assert isinstance(model['Results'], list)
            for result in model['Results']:
                check('Results', result)
                assert all(isinstance(figure, (int, float, str)) for figure in result['Metrics'].values())


def test_a_config_that_exists_is_named(repository, models):
    """Rows of NAS-Bench-201 and of the combinations lead to a config; only what has no search of its own does not."""
    without = {model['Name'] for model in models if 'Config' not in model}
    assert without == {'optimal_nasbench201', 'mnasnet-92_in1k', 'fbnet-c_in1k', 'fairnas-a_in1k'}


def test_rows_of_rome_v1_name_no_search_of_v2(repository, models):
    """Gumbel top-2 is what the paper of ROME calls v2; Table 1 has v1, whose search no config has."""
    rows = [model for model in models if 'ROME-v1' in model['Metadata'].get('Row of Table 1', '')]
    assert len(rows) == 2
    assert not any('Search Config' in model['Metadata'] for model in rows)
    header = (repository / 'configs/search/rome_darts-s0_1xb64-50e_cifar10.py').read_text().split('"""')[1]
    assert '(ROME-v2)' in header.splitlines()[0]


def test_the_random_cell_of_table_6_has_the_size_of_the_row(repository, models):
    configs = 'detection/retinanet_random_fpn_1x_coco.py', 'retrain/random-l14-c48_8xb128-250e_in1k.py'
    seeds = {Config.fromfile(repository / 'configs' / name).model.backbone.genotype.seed for name in configs}
    assert len(seeds) == 1
    drawn = load_genotype(dict(space='darts_s0', seed=seeds.pop()))
    network = build_network('darts_s0', drawn, 1000, init_channels=48, layers=14, stem='imagenet')
    size = measure_complexity(network, (3, 224, 224))
    assert (size.params, size.macs) == (4693888, 517709376)
    published = row(models, 'retinanet_random_fpn_1x_coco')['Metadata']['Published']
    assert size.params / 1e6 == pytest.approx(published['Parameters (M)'], abs=0.05)
    assert size.macs / 1e6 == pytest.approx(published['FLOPs (M)'], abs=2)


def test_documents_are_up_to_date(repository, tool, models):
    for name in tool.DOCUMENTS:
        text = (repository / name).read_text() if (repository / name).exists() else ''
        fresh = tool.fill(text, models)
        fresh = fresh.replace('](../configs/', '](configs/') if name == 'README.md' else fresh
        assert fresh == text, f'{name} is out of date: run python tools/misc/results_table.py'
    document = (repository / 'docs/results.md').read_text()
    assert {int(number) for number in re.findall(r'<!-- results: table (\d+) -->', document)} == set(ROWS)


def test_links_of_the_results_lead_somewhere(repository):
    text = (repository / 'docs/results.md').read_text()
    links = re.findall(r'\]\(([^)#]+)\)', text)
    assert len(links) > 60
    assert all((repository / 'docs' / link).is_file() for link in links)


def test_the_study_of_table_5_has_its_80_cells(repository, tool, models):
    """Each printed error is the published accuracy of one row of the study, and of the method's config."""
    cells, rows = 0, set()
    for _, name, model in (row for row in tool.rows_of(models) if row[0] == 5):
        meta = model['Metadata']
        study = Study(repository / meta['Study'])
        expected = ' '.join((repository / model['Config']).read_text().split())
        for cell, error in meta['Published'].items():
            dataset, space = cell.lower().split()
            method = meta['Study Rows'].removesuffix('-c*')
            large = '-large' if name == 'MAE-NAS (ours) ‡' and dataset == 'c100' else ''
            *searches, row = study.select([f'{method}-{dataset}-{space}{large}-retrained'])
            assert [search['name'] for search in searches] == [f'{method}-{dataset}-{space}']
            assert {search['config'] for search in searches} == {model['Config']}
            assert float(row['published']['top1']) == pytest.approx(100 - float(error), abs=1e-9), (name, cell)
            assert ('cifar100' in row['config']) == (dataset == 'c100')
            assert ('l8-c16' in row['config']) == (dataset == 'c100' and '†' in name)
            if dataset == 'c10' and method != 'maenas':
                assert re.search(rf'(?<![\d.]){re.escape(error)}(?!\d)', expected), (name, cell)
            cells += 1
            rows.add(row['name'])
    assert (cells, len(rows)) == (80, 76)  # the networks of MAE-NAS on CIFAR-10 stand in both settings
    assert rows == {row['name'] for row in study.rows if row['name'].endswith('-retrained')}


def counted():
    content = yaml.safe_load((REPOSITORY / 'configs/retrain/metafile.yml').read_text())
    return [model for model in content['Models'] if model['Metadata'].get('Init Channels')]


@pytest.mark.parametrize('model', counted(), ids=lambda model: model['Name'])
def test_published_networks_have_the_size_that_is_written(model):
    meta, cifar = model['Metadata'], model['Name'].endswith('cifar10')
    macro = dict(layers=20, stem='cifar') if cifar else dict(layers=14, stem='imagenet')
    space = published(meta['Genotype']).space
    network = build_network(
        space, meta['Genotype'], 10 if cifar else 1000, init_channels=meta['Init Channels'], **macro
    )
    size = measure_complexity(network, (3, 32, 32) if cifar else (3, 224, 224))
    assert (size.params, size.macs) == (meta['Parameters'], meta['Multiply-Adds'])
    # ENAS adds a convolution to every cell, tests/test_spaces/test_nasnet.py.
    if meta['Genotype'] != 'ENAS':
        assert abs(size.params / 1e6 - float(meta['Published']['Params (M)'])) < 0.06


def mean_and_deviation(numbers):
    return f'{statistics.fmean(numbers):.2f} ± {statistics.stdev(numbers):.2f}'


def search(config, repository, data_dir, seed, **scorer):
    cfg = Config.fromfile(repository / config)
    space = get_space(cfg.space)
    score = build_scorer({**cfg.scorer, **scorer, 'table': str(data_dir)})
    evaluate = Evaluator(space, score)
    return TASK_UTILS.build(dict(cfg.search))(space, evaluate, random.Random(seed)), score


@pytest.mark.parametrize('name', ['rs-accuracy_transnas101', 'rea-accuracy_transnas101'])
def test_results_in_transnas101_are_what_the_configs_give(name, models, repository, data_file, data_dir):
    data_file('transnas101.parquet')
    model = row(models, name)
    tasks = {
        'Classification (%)': {},
        'Segmentation (mIoU)': dict(dataset='segmentsemantic', metric='valid_mIoU'),
    }
    ours = {
        key: mean_and_deviation([search(model['Config'], repository, data_dir, s, **task)[0].score for s in range(10)])
        for key, task in tasks.items()
    }
    assert ours == model['Results'][0]['Metrics']
    # The published figure is within its deviation and ours.
    for key, figure in model['Metadata']['Published'].items():
        if key in ours:
            mean, std = (float(number) for number in figure.split(' ± '))
            own, spread = (float(number) for number in ours[key].split(' ± '))
            assert abs(own - mean) < std + spread


def test_results_in_nasbench201_are_what_the_table_gives(models, repository, data_file, data_dir):
    table = load_table('nasbench201', data_file('nb201.parquet'))
    names = {'CIFAR-10': 'cifar10', 'CIFAR-100': 'cifar100', 'ImageNet16-120': 'imagenet16'}
    pairs = {f'{key} {metric}': (d, metric) for key, d in names.items() for metric in ('valid', 'test')}
    rea = row(models, 'rea_nasbench201')
    found = [search(rea['Config'], repository, data_dir, seed)[0].genotype for seed in range(4)]
    ours = {key: mean_and_deviation([table.query(g, *pair) for g in found]) for key, pair in pairs.items()}
    assert ours == rea['Results'][0]['Metrics']
    optimal = row(models, 'optimal_nasbench201')
    assert {key: round(table.values(*pair).max(), 2) for key, pair in pairs.items()} == optimal['Results'][0]['Metrics']


def test_random_search_in_transnas101_has_the_published_expectation_at_a_budget_of_50(data_file):
    """What the configs say of the budget: the expected best of 50 draws from the whole table."""
    table = load_table('transnas101_micro', data_file('transnas101.parquet'))
    for pair, expected in ((('class_object', 'valid_top1'), 45.22), (('segmentsemantic', 'valid_mIoU'), 25.23)):
        values = sorted(table.values(*pair))
        n = len(values)
        mean = sum(((i + 1) / n) ** 50 * v - (i / n) ** 50 * v for i, v in enumerate(values))
        assert mean == pytest.approx(expected, abs=0.005)


def test_a_row_without_results_says_so(tool, models):
    text = tool.build_table(models, 9)
    lines = text.splitlines()
    assert lines[0] == '| | paper: Setting | paper: Top-1 (%) | **this repository** | config |'
    assert lines[2].startswith('| P-DARTS | without tricks | 96.48 ± 0.55 | not yet reproduced | [pdarts_darts-s0_')
    assert lines[3].startswith('| MAE-NAS (proposed) | without tricks | 97.16 ± 0.14 | not yet reproduced | ')
    assert '| 11 | 4 | 2 |\n| all | 62 | 4 |' in tool.build_summary(models)
    assert '(ours' not in tool.build_table(models, 1)
    with pytest.raises(ValueError, match='no metafile has a row of Table 12'):
        tool.build_table(models, 12)
    wrong = [{**models[0], 'Metadata': {'Row of Table 9': 'X', 'Line': 9, 'Published': {'A': 1}}}]
    with pytest.raises(ValueError, match=r"Table 9: row 'X' has the columns \['A'\]"):
        tool.build_table([*models, *wrong], 9)


def test_every_discrete_config_builds(repository, data_dir, data_file):
    for name in ('nb201.parquet', 'transnas101.parquet'):
        data_file(name)
    configs = sorted((repository / 'configs/discrete').glob('*.py'))
    assert configs
    for path in configs:
        cfg = Config.fromfile(path)
        get_space(cfg.space)
        assert TASK_UTILS.build(dict(cfg.search))
        assert load_table(**cfg.truth, path=data_dir)
        if cfg.get('run'):
            assert (repository / cfg.run.config).is_file()
        else:
            assert isinstance(build_scorer({**cfg.scorer, 'table': str(data_dir)}), TableScorer)
