"""What tools say of a name that nothing knows and of a number that cannot be: one line, no traceback."""

from pathlib import Path
from typing import Any, Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope

from mmnas_mae.apis import build_search_model

TEST, VIS = 'tools/test.py', 'tools/visualization/vis_reconstruction.py'
FLOPS, EXPORT = 'tools/analysis/get_flops.py', 'tools/misc/export.py'
SCORE, CORRELATE = 'tools/analysis/score_architectures.py', 'tools/analysis/rank_correlation.py'
LANES, FIND, DERIVE = 'tools/analysis/search_lanes.py', 'tools/discrete_search.py', 'tools/derive_genotype.py'
RETRAIN = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'
RANDOM = 'configs/discrete/rs-table_nasbench201_cifar10.py'


@pytest.fixture(scope='module')
def small(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> tuple[Path, Path, Path]:
    """The config of a small search with a test, a checkpoint that fits it, and a folder."""
    folder = tmp_path_factory.mktemp('wrong')
    cfg = Config.fromfile(repository / 'configs/quickstart/maenas_darts-s0-c4-l5_photos.py')
    cfg.model.backbone = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)
    cfg.val_dataloader.dataset.parts = [('heldout', 0.004)]
    cfg.val_dataloader.dataset.dataset.size = 16
    cfg.test_dataloader, cfg.test_cfg, cfg.test_evaluator = cfg.val_dataloader, dict(), cfg.val_evaluator
    cfg.experiment_name = folder.name
    cfg.dump(folder / 'search.py')
    torch.save(dict(meta={}, state_dict=build_search_model(cfg).state_dict()), folder / 'search.pth')
    DefaultScope._instance_dict.clear()
    return folder / 'search.py', folder / 'search.pth', folder


def option(text: str) -> list[str]:
    return ['--cfg-options', text]


def scores(*flags: Any) -> list[Any]:
    return ['{config}', '{checkpoint}', '--num', 2, '--heldout', 4, '--out', '{folder}/scores.parquet', *flags]


UNKNOWN = [
    (TEST, ['{config}', '{checkpoint}', *option('model.type=MAENASS')], "model.type='MAENASS' is not registered"),
    (
        TEST,
        ['{config}', '{checkpoint}', *option('default_hooks.logger.type=LoggerHok')],
        "default_hooks.logger.type='LoggerHok' is not registered; did you mean LoggerHook?",
    ),
    (
        VIS,
        ['{config}', '{checkpoint}', *option('model.type=mmnas_mae.MAENASS')],
        "model.type='mmnas_mae.MAENASS' is not registered; did you mean mmnas_mae.MAENAS",
    ),
    (
        VIS,
        ['{config}', '{checkpoint}', *option('model.backbone.init_chanels=2')],
        'there is no setting model.backbone.init_chanels; did you mean init_channels',
    ),
    (
        VIS,
        ['{config}', '{checkpoint}', *option('val_dataloader.dataset.type=mmnas_mae.SearchSplitt')],
        "val_dataloader.dataset.type='mmnas_mae.SearchSplitt' is not registered; did you mean mmnas_mae.SearchSplit?",
    ),
    (
        DERIVE,
        ['{config}', '{checkpoint}', *option('model.neck.type=mmnas_mae.Hierarchical')],
        "model.neck.type='mmnas_mae.Hierarchical' is not registered; did you mean mmnas_mae.HierarchicalDecoder",
    ),
    (FLOPS, ['{config}', *option('data_preprocessor.type=Foo')], "data_preprocessor.type='Foo' is not registered"),
    (FLOPS, [RETRAIN, *option('model.backbone.layer=8')], 'there is no setting model.backbone.layer; did you mean'),
    (FLOPS, ['DARTS_V2', '--budget', 'mac=3M'], "limits macs, params, latency_ms, got 'mac=3M'"),
    (
        EXPORT,
        [RETRAIN, '--out', '{folder}/a.onnx', *option('model.type=ImageClasifier')],
        "model.type='ImageClasifier' is not registered; did you mean ImageClassifier",
    ),
    (SCORE, scores('--scorer', 'inherit'), "there is no scorer 'inherit'; there are: AngleScorer"),
    (
        SCORE,
        scores('--scorer-options', 'batchsize=3'),
        'there is no setting scorer.batchsize; did you mean batch_size?',
    ),
    (
        SCORE,
        scores(*option('val_dataloader.dataset.type=Foo')),
        "val_dataloader.dataset.type='Foo' is not registered",
    ),
    (FIND, [RANDOM, '--work-dir', '{folder}/a', *option('search.cycle=3')], 'there is no setting search.cycle'),
    (
        FIND,
        [RANDOM, '--work-dir', '{folder}/a', *option('search.type=mmnas_mae.RandomSerch')],
        "search.type='mmnas_mae.RandomSerch' is not registered; did you mean mmnas_mae.RandomSearch",
    ),
    (
        LANES,
        ['hd', 'singel#1', '--images', '{images}', '--count', 128],
        "one of hd, single, sparse, labels, got 'singel",
    ),
]

COUNT, INDEX = 'must be a whole number of at least 1, got', 'must be a whole number of at least 0, got'
NUMBERS = [
    (VIS, ['{config}', '{checkpoint}', '--num-images', -1], f'--num-images {COUNT} -1'),
    ('tools/visualization/compare_searches.py', ['nowhere', '--num-images', 0], f'--num-images {COUNT} 0'),
    (FLOPS, ['DARTS_V2', '--shape', 0], f'--shape {COUNT} 0'),
    (FLOPS, ['DARTS_V2', '--shape', 32, -32], f'--shape {COUNT} -32'),
    (FLOPS, ['DARTS_V2', '--shape', 32, 32, 3], '--shape takes one side or height and width, got [32, 32, 3]'),
    (FLOPS, ['DARTS_V2', '--num-classes', 0], f'--num-classes {COUNT} 0'),
    (FLOPS, ['DARTS_V2', '--init-channels', -4], f'--init-channels {COUNT} -4'),
    (EXPORT, ['DARTS_V2', '--out', '{folder}/a.onnx', '--layers', 0], f'--layers {COUNT} 0'),
    (EXPORT, ['DARTS_V2', '--out', '{folder}/a.onnx', '--tolerance', 'nan'], 'a number of at least 0, got nan'),
    (SCORE, scores('--num', 0), f'--num {COUNT} 0'),
    (SCORE, scores('--arch-seed', -1), f'--arch-seed {INDEX} -1'),
    (SCORE, scores('--seed', -1), f'--seed {INDEX} -1'),
    (SCORE, scores('--heldout', -1), f'--heldout {INDEX} -1'),
    (SCORE, scores('--train', -1), f'--train {INDEX} -1'),
    (SCORE, scores('--minutes', -1), '--minutes must be a number of at least 0, got -1.0'),
    (SCORE, scores('--workers', 'ray', '--num-workers', 0), f'--num-workers {COUNT} 0'),
    (SCORE, scores('--scorer-options', 'batch_size=0'), f'InheritedScorer.batch_size {COUNT} 0'),
    (
        SCORE,
        scores('--scorer', 'short', '--train', 20, '--scorer-options', 'lr=-1'),
        'ShortTrainingScorer.lr must be a number above 0, got -1',
    ),
    (CORRELATE, ['--scores', 'a.parquet', '--resamples', 0], f'--resamples {COUNT} 0'),
    (FIND, [RANDOM, '--seed', -1], f'--seed {INDEX} -1'),
    (FIND, [RANDOM, '--pareto', 0], f'--pareto {COUNT} 0'),
    (LANES, ['hd', '--images', 'a.parquet', '--epochs', 0], f'--epochs {COUNT} 0'),
    ('tools/repeat.py', [RANDOM, '--jobs', 0], f'--jobs {COUNT} 0'),
    ('tools/repeat.py', [RANDOM, '--seeds', 0, -1], f'--seeds {INDEX} -1'),
    ('tools/study.py', ['configs/analysis/scores_nasbench201.py', '--jobs', -2], f'--jobs {COUNT} -2'),
    ('tools/speed/latency_table.py', ['darts_s0', '--out', 'a.json', '--repeats', 0], f'--repeats {COUNT} 0'),
    ('tools/speed/measure_networks.py', ['DARTS_V2', '--batch-size', 0], f'--batch-size {COUNT} 0'),
    ('tools/speed/measure_search.py', ['--image-size', 0], f'--image-size {COUNT} 0'),
]


@pytest.mark.parametrize('tool, arguments, words', [*UNKNOWN, *NUMBERS])
def test_it_is_told_on_one_line(
    small: tuple[Path, Path, Path], call: Callable, data_file: Callable, tool: str, arguments: list, words: str
) -> None:
    config, checkpoint, folder = small
    places = dict(config=config, checkpoint=checkpoint, folder=folder)
    if '{images}' in arguments:
        places['images'] = data_file('cifar10_train_20k.parquet')
    printed = call(tool, *(str(each).format(**places) for each in arguments), expect=1)
    told = [line for line in printed.splitlines() if line.startswith('error: ')]
    assert len(told) == 1, printed
    assert words in told[0]
    assert 'Traceback' not in printed
