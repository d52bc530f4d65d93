"""The configs of every objective: each is built and takes one step of each kind on real images."""

import argparse
import json

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook

from mmnas_mae.apis import build_runner
from mmnas_mae.apis.launch import add_train_arguments, config_from_arguments
from mmnas_mae.spaces import load_genotype

#: Config -> objective, and whether it reads labels.
CONFIGS = {
    'darts_darts-s0_1xb64-50e_cifar10': ('ClassificationSearch', True),
    'darts-2nd_darts-s0_1xb64-50e_cifar10': ('ClassificationSearch', True),
    'darts-2nd_darts-s1_1xb64-50e_cifar10': ('ClassificationSearch', True),
    'darts_nasbench201_1xb64-50e_cifar10': ('ClassificationSearch', True),
    'darts-2nd_nasbench201_1xb64-50e_cifar10': ('ClassificationSearch', True),
    'mim-darts_darts-s0_1xb64-50e_cifar10': ('MIMDARTS', True),
    'unnas-rotation_darts-s0_1xb64-50e_cifar10': ('RotationSearch', False),
    'unnas-colorization_darts-s0_1xb64-50e_cifar10': ('ColorizationSearch', False),
    'unnas-jigsaw_darts-s0_1xb64-50e_cifar10': ('JigsawSearch', False),
    'rlnas_darts-s0_1xb64-250e_cifar10': ('RandomLabelSearch', False),
    'unnas-rotation_darts-s0_1xb32-2e_in1k': ('RotationSearch', False),
    'unnas-colorization_darts-s0_1xb64-2e_in1k': ('ColorizationSearch', False),
    'unnas-jigsaw_darts-s0_1xb32-2e_in1k': ('JigsawSearch', False),
    'rlnas_darts-s0_8xb64-50e_in1k': ('RandomLabelSearch', False),
}
#: Real images in place of each data set, to train on and to score with.
FILES = {
    'cifar10': ('cifar10_train_20k.parquet', 'cifar10_test_4k.parquet'),
    'in1k': ('imagenet1k_one_per_class.parquet', 'imagenet1k_one_per_class.parquet'),
}


class Recorder(Hook):
    """Keeps the parameters at the start, after the first alpha step and after the first weight step."""

    priority = 'LOWEST'

    def __init__(self):
        self.states = []

    def _keep(self, runner):
        if len(self.states) < 3:
            self.states.append({name: p.detach().clone() for name, p in runner.model.named_parameters()})

    def before_train(self, runner):
        self._keep(runner)

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self._keep(runner)  # the bilevel hook has run already

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self._keep(runner)


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def path(repository, name):
    return repository / 'configs' / 'search' / f'{name}.py'


def small(repository, name, data_file, work_dir):
    """The config, on a few real images and a narrow network."""
    imagenet = name.endswith('in1k')
    skeleton = 'cells_per_stage=1' if 'nasbench201' in name else 'layers=3'
    options = [
        f'model.backbone.init_channels={8 if imagenet else 2}',
        f'model.backbone.{skeleton}',
        f'train_dataloader.batch_size={2 if imagenet else 4}',
        'train_dataloader.num_workers=0',
        f'val_dataloader.batch_size={2 if imagenet else 4}',
        'val_dataloader.num_workers=0',
        'train_cfg.max_epochs=1',
        'train_cfg.val_interval=1',
        'log_level=ERROR',
    ]
    if 'nasbench201' in name:
        options.append('default_hooks.benchmark=None')
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    arguments = [str(path(repository, name)), '--work-dir', str(work_dir), '--cfg-options', *options]
    cfg = config_from_arguments(parser.parse_args(arguments))
    if cfg.default_hooks.bilevel is not None:
        cfg.default_hooks.bilevel.warmup_epochs = 0
    if 'selection' in cfg.default_hooks:
        cfg.default_hooks.selection.search.update(population=2, top=1, mutation=0, crossover=0, generations=1)
    files = FILES[name.rpartition('_')[2]]
    for dataset, file in zip((cfg.train_dataloader.dataset.dataset, cfg.val_dataloader.dataset), files):
        pipeline = dataset.pipeline[1:] if imagenet else dataset.pipeline  # nothing is left to load
        dataset.clear()
        dataset.update(
            type='mmnas_mae.ParquetImages',
            data_root=str(data_file(file)),
            channel_order='bgr' if imagenet else 'rgb',
            label_column='label' if CONFIGS[name][1] else None,
            pipeline=pipeline,
            indices=4 if imagenet else 8,
        )
    return cfg


def moved(before, after):
    return {name for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize('name', CONFIGS)
def test_each_config_takes_one_step_of_each_kind(repository, name, data_file, tmp_path):
    runner = build_runner(small(repository, name, data_file, tmp_path))
    recorder = Recorder()
    runner.register_hook(recorder)
    runner.train()
    assert type(runner.model).__name__ == CONFIGS[name][0]
    start, after_alpha, after_weights = recorder.states
    alphas = {f'backbone.arch.{key}' for key, _ in runner.model.arch.named_parameters()}
    steps_weights = moved(after_alpha, after_weights)
    if name.startswith('rlnas'):
        assert not moved(start, after_alpha)
        # One path moves; of the others, weight decay does not touch what has no gradient.
        assert not steps_weights & alphas
        assert {'head.linear.weight', 'head.linear.bias'} < steps_weights < set(start) - alphas
        # The evolution at the end found the larger of two angles.
        lines = [json.loads(line) for line in (tmp_path / 'selection.jsonl').read_text().splitlines()[1:]]
        assert load_genotype(tmp_path / 'genotype.json').meta['score'] == max(line['score'] for line in lines) > 0
    else:
        assert moved(start, after_alpha) == alphas
        assert steps_weights == set(start) - alphas
        genotype = load_genotype(tmp_path / 'genotype.json')
        (line,) = [json.loads(text) for file in tmp_path.glob('*/vis_data/scalars.json') for text in scores(file)]
        assert genotype.meta['score'] == line['objective/score'] == line['objective/accuracy']
        assert 0 <= line['objective/accuracy'] <= 100


def scores(file):
    return [line for line in file.read_text().splitlines() if 'objective/score' in line]


@pytest.mark.parametrize('name', CONFIGS)
def test_only_supervised_configs_ask_for_labels(repository, name):
    cfg = Config.fromfile(path(repository, name))
    datasets = (cfg.train_dataloader.dataset.dataset, cfg.val_dataloader.dataset, cfg.test_dataloader.dataset)
    for dataset in datasets:
        assert dataset.pipeline[-1].type == 'mmnas_mae.PackImages'
        assert dataset.pipeline[-1].get('with_label', False) == CONFIGS[name][1]
        assert CONFIGS[name][1] or dataset.get('with_label', False) is False


def test_the_supervised_twin_differs_from_maenas_by_its_objective_only(repository):
    ours, twin = (
        Config.fromfile(path(repository, f'{name}_darts-s0_1xb64-50e_cifar10')).to_dict()
        for name in ('maenas', 'darts')
    )
    for key in ('optim_wrapper', 'param_scheduler', 'train_cfg', 'default_hooks', 'data_preprocessor', 'randomness'):
        assert ours[key] == twin[key], key
    assert ours['model']['backbone'] == twin['model']['backbone']
    for cfg in (ours, twin):
        cfg['train_dataloader']['dataset']['dataset']['pipeline'].pop()
        cfg['val_dataloader']['dataset']['pipeline'].pop()
    assert ours['train_dataloader'] == twin['train_dataloader']
    assert ours['val_dataloader'] == twin['val_dataloader']


def test_second_order_is_the_first_with_another_order(repository):
    for space in ('darts-s0', 'nasbench201'):
        first, second = (
            Config.fromfile(path(repository, f'{name}_{space}_1xb64-50e_cifar10')).to_dict()
            for name in ('darts', 'darts-2nd')
        )
        assert second['default_hooks']['bilevel'].pop('order') == 2
        assert first['default_hooks']['bilevel'].pop('order') == 1
        assert first == second


def test_unnas_on_imagenet_has_its_published_settings(repository):
    for task, batch, lr, arch_lr in (
        ('rotation', 32, 0.05, 1.5e-4),
        ('jigsaw', 32, 0.05, 1.5e-4),
        ('colorization', 64, 0.1, 3e-4),
    ):
        cfg = Config.fromfile(path(repository, f'unnas-{task}_darts-s0_1xb{batch}-2e_in1k'))
        assert cfg.train_dataloader.batch_size == batch
        assert cfg.train_dataloader.dataset.parts == [('weights', 0.5), ('arch', 0.5)]
        assert cfg.optim_wrapper.weights.optimizer == dict(type='SGD', lr=lr, momentum=0.9, weight_decay=3e-5)
        assert cfg.optim_wrapper.arch.optimizer.lr == arch_lr
        assert cfg.default_hooks.bilevel.warmup_epochs == 1
        assert cfg.train_cfg.max_epochs == 2
        backbone = cfg.model.backbone
        assert (backbone.init_channels, backbone.layers, backbone.stem) == (16, 8, 'imagenet')
