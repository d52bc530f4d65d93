"""The retraining recipes: their numbers, and a few real steps of each."""

import argparse
import json

import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import MODELS, OPTIMIZERS, PARAM_SCHEDULERS, init_default_scope

from mmnas_mae.apis import build_runner
from mmnas_mae.apis.launch import add_train_arguments, config_from_arguments

RETRAIN = 'configs/retrain'
CIFAR10 = 'genotype-l20-c36_1xb96-600e_cifar10.py'
CIFAR100 = 'genotype-l20-c36_1xb96-600e_cifar100.py'
CIFAR100_SMALL = 'genotype-l8-c16_1xb96-600e_cifar100.py'
IMAGENET = 'genotype-l14-c48_8xb128-250e_in1k.py'
MOBILENETV3 = 'genotype-l14-c48_8xb128-mbv3-600e_in1k.py'
RECIPES = (CIFAR10, CIFAR100, CIFAR100_SMALL, IMAGENET, MOBILENETV3)
#: 1x1 to 128, 2x2 to 768 and a classifier, with their normalisations
AUXILIARY = {
    CIFAR10: 576 * 128 + 256 + 128 * 768 * 4 + 1536 + 769 * 10,
    CIFAR100: 576 * 128 + 256 + 128 * 768 * 4 + 1536 + 769 * 100,
    CIFAR100_SMALL: 256 * 128 + 256 + 128 * 768 * 4 + 1536 + 769 * 100,
    IMAGENET: 768 * 128 + 256 + 128 * 768 * 4 + 769 * 1000,
    MOBILENETV3: 768 * 128 + 256 + 128 * 768 * 4 + 769 * 1000,
}


def config(repository, name):
    return Config.fromfile(repository / RETRAIN / name)


def test_every_recipe_is_there(repository):
    files = sorted((repository / RETRAIN).glob('*.py'))
    assert {*RECIPES} <= {file.name for file in files}


@pytest.mark.parametrize(
    'name, size',
    [
        (CIFAR10, 'cifar10_C36_L20'),
        (CIFAR100, 'cifar100_C36_L20_params'),
        (CIFAR100_SMALL, 'cifar100_C16_L8_params'),
        (IMAGENET, 'imagenet224_L14'),
        (MOBILENETV3, 'imagenet224_L14'),
    ],
)
def test_the_networks_have_the_published_size_and_the_genotype_is_an_option(repository, data_file, name, size):
    facts = json.loads(data_file('genotypes.json').read_text())['genotypes']
    cfg = config(repository, name)
    init_default_scope('mmpretrain')
    genotypes = [cfg.model.backbone.genotype, 'PDARTS'] + (['SDARTS_c10_s4_pgd'] if 'cifar100' in name else [])
    for genotype in genotypes:
        cfg.model.backbone.genotype = genotype
        expected = facts[genotype]['computed'][size]
        with torch.device('meta'):
            model = MODELS.build({**cfg.model, 'data_preprocessor': None})
        params = sum(p.numel() for p in model.parameters())
        assert params - AUXILIARY[name] == (expected['params'] if isinstance(expected, dict) else expected)


def learning_rates(cfg):
    """The learning rate of every epoch."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = OPTIMIZERS.build({**cfg.optim_wrapper.optimizer, 'params': [parameter]})
    schedulers = cfg.param_scheduler if isinstance(cfg.param_scheduler, list) else [cfg.param_scheduler]
    schedulers = [PARAM_SCHEDULERS.build({**scheduler, 'optimizer': optimizer}) for scheduler in schedulers]
    rates = []
    for _ in range(cfg.train_cfg.max_epochs):
        rates.append(optimizer.param_groups[0]['lr'])
        optimizer.step()
        for scheduler in schedulers:
            scheduler.step()
    return rates


def test_the_schedules_are_those_of_the_papers(repository):
    for name in (CIFAR10, CIFAR100, CIFAR100_SMALL):
        cfg = config(repository, name)
        rates = learning_rates(cfg)
        assert len(rates) == 600
        assert rates[::300] == pytest.approx([0.025, 0.0125])
        assert rates[-1] < 1e-6
        assert cfg.optim_wrapper.clip_grad == dict(max_norm=5)
        assert (cfg.train_dataloader.batch_size, cfg.custom_hooks[0].prob, cfg.model.head.loss_weight) == (96, 0.2, 0.4)
        assert [t.type for t in cfg.train_pipeline] == [
            'RandomCrop',
            'RandomFlip',
            'mmnas_mae.BorderCutout',
            'PackInputs',
        ]
    cfg = config(repository, IMAGENET)
    rates = learning_rates(cfg)
    # A straight line over 245 epochs, times a warm-up from a fifth to the whole in the first five of them.
    assert rates[0] == pytest.approx(0.1)
    assert rates[4:6] == pytest.approx([0.5 * 241 / 245, 0.5 * 240 / 245], rel=1e-4)
    assert rates[5] - rates[6] == pytest.approx(rates[200] - rates[201], rel=1e-4)
    # Then another of a fifth of the slope.
    assert rates[244:] == pytest.approx([0.5 / 245 * share for share in (1, 1, 0.8, 0.6, 0.4, 0.2)], rel=1e-4)
    cfg = config(repository, MOBILENETV3)
    rates = learning_rates(cfg)
    assert len(rates) == 600
    assert [rates[0], rates[1], rates[2], rates[100]] == pytest.approx([0.064, 0.064, 0.064 * 0.973, 0.064 * 0.973**50])
    assert cfg.optim_wrapper.optimizer.type == 'RMSprop'
    assert cfg.model.backbone.norm_momentum == pytest.approx(1 - 0.99)
    assert cfg.custom_hooks == [dict(type='EMAHook', momentum=1e-4, priority='ABOVE_NORMAL')]
    assert {'AutoAugment', 'RandomErasing'} <= {t.type for t in cfg.train_dataloader.dataset.pipeline}
    for name in (IMAGENET, MOBILENETV3):
        cfg = config(repository, name)
        assert cfg.model.head.head.loss == dict(type='LabelSmoothLoss', label_smooth_val=0.1)
        assert 8 * cfg.train_dataloader.batch_size == cfg.auto_scale_lr.base_batch_size == 1024
        assert cfg.train_cfg.val_interval == 1


class Recorder(Hook):
    """Keeps a weight after each step."""

    def __init__(self):
        self.weights = []

    def after_train_iter(self, runner, *args, **kwargs):
        self.weights.append(runner.model.head.head.fc.weight.detach().clone())


def train(repository, name, data_file, work_dir, *options):
    parts = dict(cifar10='cifar10_train_20k.parquet', cifar100='cifar100_train_5k.parquet')
    images = 'train_dataloader.dataset'
    data = data_file(parts.get(name.rpartition('_')[2][:-3], 'tiny_imagenet_train_10k.parquet'))
    options = [*options, f'{images}.type=mmnas_mae.ParquetImages', f'{images}.data_root={data}']
    if 'in1k' in name:
        # These images are loaded already.
        options += [f'{images}.channel_order=bgr', f'{images}.pipeline.0.type=Resize', f'{images}.pipeline.0.scale=64']
    options += [f'{images}.label_column=label', f'{images}.indices=32', 'train_dataloader.num_workers=0']
    options += ['model.backbone.init_channels=4', 'model.backbone.layers=5', 'model.head.in_channels=[64,64]']
    options += ['train_dataloader.batch_size=8', 'train_cfg.max_epochs=1', 'log_level=ERROR']
    parser = argparse.ArgumentParser()
    add_train_arguments(parser)
    command = [
        f'{repository / RETRAIN / name}',
        '--work-dir',
        str(work_dir),
        '--no-validate',
        '--cfg-options',
        *options,
    ]
    runner = build_runner(config_from_arguments(parser.parse_args(command)))
    recorder = Recorder()
    runner.register_hook(recorder, 'VERY_HIGH')
    runner.train()
    return runner, recorder.weights


@pytest.mark.parametrize('name', [CIFAR100, CIFAR100_SMALL])
def test_a_recipe_runs_on_real_images(repository, data_file, tmp_path, name):
    runner, weights = train(repository, name, data_file, tmp_path)
    assert len(weights) == 4
    assert weights[0].shape == (100, 64)
    # The logarithm of 100 classes, and 0.4 times that of the auxiliary classifier
    for loss, weight in dict(loss=1, aux_loss=0.4).items():
        values, _ = runner.message_hub.get_scalar(f'train/{loss}').data
        assert values[0] == pytest.approx(weight * 4.605, rel=0.1)


def test_the_averaged_weights_are_what_is_kept(repository, data_file, tmp_path):
    _, weights = train(repository, MOBILENETV3, data_file, tmp_path, 'custom_hooks.0.momentum=0.3')
    average = weights[0]
    for weight in weights[1:]:
        average = 0.7 * average + 0.3 * weight
    state = torch.load(tmp_path / 'epoch_1.pth', weights_only=False)['state_dict']
    assert not torch.allclose(average, weights[-1], atol=1e-4)
    torch.testing.assert_close(state['head.head.fc.weight'], average)
