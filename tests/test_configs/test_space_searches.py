"""One config for each space: it searches on real CIFAR without labels, and what it derives is built."""

import argparse
import json

import pytest
import torch
from mmengine.config import Config
from nasbench101_cells import count_parameters

from mmnas_mae.apis import build_network, build_runner, query
from mmnas_mae.apis.launch import add_train_arguments, config_from_arguments
from mmnas_mae.spaces import get_space, load_genotype
from mmnas_mae.studies.study import Study

#: For each space: what makes its search network small.
SMALL = {
    'darts-s0': ['model.backbone.init_channels=2', 'model.backbone.layers=3'],
    'darts-s1': ['model.backbone.init_channels=2', 'model.backbone.layers=3'],
    'darts-s2': ['model.backbone.init_channels=2', 'model.backbone.layers=3'],
    'darts-s3': ['model.backbone.init_channels=2', 'model.backbone.layers=3'],
    'darts-s4': ['model.backbone.init_channels=2', 'model.backbone.layers=3'],
    'nasbench201': ['model.backbone.init_channels=4', 'model.backbone.cells_per_stage=1'],
    'nasbench101': ['model.backbone.stem_channels=6', 'model.backbone.num_modules_per_stack=1'],
    'transnas101-micro': ['model.backbone.init_channels=4'],
}
#: Training and held-out images of each data set.
FILES = {
    'cifar10': ('cifar10_train_20k.parquet', 'cifar10_test_4k.parquet'),
    'cifar100': ('cifar100_train_5k.parquet', 'cifar100_test_1k.parquet'),
}
#: 40 of them.
FRACTION = dict(cifar10=0.002, cifar100=0.008)
#: Spaces that rows of the study of Table 5 search in, on both data sets.
ROWS = [f'darts-s{i}' for i in (1, 2, 3, 4)]
#: Every space on CIFAR-10, and those of Table 5 on CIFAR-100.
SEARCHES = [(space, 'cifar10') for space in SMALL] + [(space, 'cifar100') for space in ROWS]


def _config(repository, space):
    return repository / 'configs' / 'search' / f'maenas_{space}_1xb64-50e_cifar10.py'


def _row(repository, space, dataset):
    """Config and options of the row of Table 5 that searches in a space, or of the space's own config."""
    if space not in ROWS:
        return _config(repository, space), []
    study = Study(repository / 'configs/analysis/robustness_darts-s1-s4.py')
    (row,) = study.select([f'maenas-{dataset.replace("cifar", "c")}-{space[-2:]}'])
    return repository / row['config'], [f'{key}={value}' for key, value in row['cfg_options'].items()]


def _search(repository, space, dataset, data_file, work_dir):
    train, heldout = map(data_file, FILES[dataset])
    images = 'train_dataloader.dataset.dataset'
    config, own = _row(repository, space, dataset)
    options = [
        *own,
        f'{images}.type=mmnas_mae.ParquetImages',
        f'{images}.data_root={train}',
        'val_dataloader.dataset.type=mmnas_mae.ParquetImages',
        f'val_dataloader.dataset.data_root={heldout}',
        'val_dataloader.dataset.indices=32',
        'train_dataloader.batch_size=16',
        'train_dataloader.num_workers=0',
        'val_dataloader.num_workers=0',
        f'train_dataloader.dataset.parts=[(weights,{FRACTION[dataset]}),(arch,{FRACTION[dataset]})]',
        'train_cfg.max_epochs=1',
        'train_cfg.val_interval=1',
        *SMALL[space],
    ]
    if space == 'nasbench201':
        options.append(f'default_hooks.benchmark.table={data_file("nb201.parquet")}')
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    cfg = config_from_arguments(
        parser.parse_args([str(config), '--work-dir', str(work_dir), '--cfg-options', *options])
    )
    build_runner(cfg).train()


def _darts_params(genotype, channels=36, layers=20, classes=10):
    """Parameters of the derived network, counted by hand from quark0/darts: cnn/model.py."""

    def conv_bn(before, after, kernel=1):
        return before * after * kernel**2 + 2 * after

    def op(name, c, stride):
        kind, size = name.rsplit('_', 1)[0], int(name[-1]) if name[-1].isdigit() else 0
        separable = c * size**2 + c * c + 2 * c
        return {'sep_conv': 2 * separable, 'dil_conv': separable, 'skip': conv_bn(c, c) if stride == 2 else 0}.get(
            kind, 0
        )

    total, c = 3 * 3 * channels * 9 + 2 * 3 * channels, channels
    before = last = 3 * channels
    for i in range(layers):
        reduces = i in (layers // 3, 2 * layers // 3)
        c = c * 2 if reduces else c
        total += conv_bn(before, c) + conv_bn(last, c)
        for node in genotype.cells['reduce' if reduces else 'normal'].nodes:
            total += sum(op(name, c, 2 if reduces and source < 2 else 1) for name, source in node)
        before, last = last, 4 * c
    return total + (last + 1) * classes


def _transnas_params(genotype, classes=10):
    """Parameters of the micro network, edge by edge."""

    def op(name, before, after, stride):
        if name == 'skip_connect':
            return 0 if stride == 1 and before == after else before * after + 2 * after
        kernel = {'none': 0, 'nor_conv_1x1': 1, 'nor_conv_3x3': 3}[name]
        return before * after * kernel**2 + 2 * after if kernel else 0

    total, channels = 3 * 32 * 9 + 2 * 32 + 32 * 64 * 9 + 2 * 64, 64
    for digit in '41414':
        wide, stride = (2 * channels, 2) if digit == '4' else (channels, 1)
        for before, step in ((channels, stride), (wide, 1)):
            for node in genotype.cells['cell'].nodes:
                total += sum(op(name, wide if source else before, wide, 1 if source else step) for name, source in node)
        channels = wide
    return total + (channels + 1) * classes


def _expected_params(genotype):
    if genotype.space.startswith('darts'):
        return _darts_params(genotype)
    if genotype.space == 'nasbench101':
        # Itself checked against every row of the table.
        return count_parameters(get_space('nasbench101').spec(genotype))
    if genotype.space == 'transnas101_micro':
        return _transnas_params(genotype)
    cell = genotype.cells['cell']
    return 73306 + 28000 * cell.count('nor_conv_1x1') + 243040 * cell.count('nor_conv_3x3')


@pytest.mark.parametrize('space, dataset', SEARCHES)
def test_a_search_derives_a_network_of_the_right_size(repository, data_file, tmp_path, space, dataset):
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        _search(repository, space, dataset, data_file, tmp_path)
    finally:
        torch.set_num_threads(threads)
    name = space.replace('-', '_')
    genotype = load_genotype(tmp_path / 'genotype.json')
    get_space(name).validate(genotype)
    assert genotype.space == name
    assert genotype.meta['epoch'] == 1
    assert genotype.meta['score'] < 0  # of held-out images
    network = build_network(name, tmp_path / 'genotype.json')
    assert sum(p.numel() for p in network.parameters()) == _expected_params(genotype)
    assert bool(network.eval()(torch.randn(2, 3, 32, 32)).isfinite().all())


def test_the_search_in_nasbench201_logs_the_true_accuracy(repository, data_file, tmp_path):
    _search(repository, 'nasbench201', 'cifar10', data_file, tmp_path)
    (line,) = (tmp_path / 'benchmark_history.jsonl').read_text().splitlines()
    record = json.loads(line)
    genotype = load_genotype(tmp_path / 'genotype.json')
    accuracy = query('nasbench201', genotype, 'cifar10', 'test', path=data_file('nb201.parquet'))
    assert record['values']['cifar10_test'] == accuracy
    assert record['arch'] == get_space('nasbench201').format(genotype)
    scalars = [json.loads(text) for text in next(tmp_path.glob('*/vis_data/scalars.json')).read_text().splitlines()]
    (logged,) = [entry for entry in scalars if 'benchmark/cifar10_test' in entry]
    assert logged['benchmark/cifar10_test'] == accuracy
    assert logged['step'] == 1


@pytest.mark.parametrize('space', [space for space in SMALL if space not in ROWS])
def test_the_config_searches_the_space_on_two_halves(repository, space):
    config = Config.fromfile(_config(repository, space))
    assert config.model.backbone.space == space.replace('-', '_')
    assert config.train_dataloader.dataset.parts == [('weights', 0.5), ('arch', 0.5)]
