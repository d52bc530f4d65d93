"""A classifier trained by a recipe of this package, and a handful of COCO's images, for the detectors."""

import argparse
import json

import pytest
import torch

from mmnas_mae.apis import build_runner
from mmnas_mae.apis.launch import add_train_arguments, config_from_arguments

#: A backbone in seconds, as options of every config here.
TINY = ['model.backbone.genotype=DARTS_V2', 'model.backbone.init_channels=8', 'model.backbone.layers=5']
IMAGES = (25, 30, 34, 42)


@pytest.fixture(scope='module', autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope='session')
def tiny():
    return list(TINY)


@pytest.fixture(scope='session')
def launch(repository, seed):
    """A runner by the flags of tools/train.py."""

    def build(config, work_dir, options, *flags):
        parser = argparse.ArgumentParser()
        add_train_arguments(parser)
        options = [f'randomness.seed={seed}', *options]
        command = [str(repository / 'configs' / config), '--work-dir', str(work_dir), *flags, '--cfg-options', *options]
        return build_runner(config_from_arguments(parser.parse_args(command)))

    return build


@pytest.fixture(scope='session')
def classifier(launch, seed, data_file, tmp_path_factory):
    """Checkpoint of an ImageNet recipe, a few steps on real images."""
    torch.manual_seed(seed)
    images = 'train_dataloader.dataset'
    options = [
        *TINY,
        'model.head.in_channels=[128,128]',
        f'{images}.type=mmnas_mae.ParquetImages',
        f'{images}.data_root={data_file("tiny_imagenet_train_10k.parquet")}',
        f'{images}.label_column=label',
        f'{images}.channel_order=bgr',
        f'{images}.indices=64',
        # These images are loaded already.
        f'{images}.pipeline.0.type=Resize',
        f'{images}.pipeline.0.scale=64',
        'train_dataloader.batch_size=16',
        'train_dataloader.num_workers=0',
        'train_cfg.max_epochs=1',
        'log_level=ERROR',
    ]
    folder = tmp_path_factory.mktemp('classifier')
    launch('retrain/genotype-l14-c48_8xb128-250e_in1k.py', folder, options, '--no-validate').train()
    return folder / 'epoch_1.pth'


@pytest.fixture(scope='session')
def coco(data_file, tmp_path_factory):
    """Options that make a config reads four images of coco_mini, for training and evaluation alike."""
    root = data_file('coco_mini')
    content = json.loads((root / 'instances_train2017.json').read_text())
    content['images'] = [image for image in content['images'] if image['id'] in IMAGES]
    content['annotations'] = [box for box in content['annotations'] if box['image_id'] in IMAGES]
    ann_file = tmp_path_factory.mktemp('coco') / 'instances.json'
    ann_file.write_text(json.dumps(content))
    options = ['train_dataloader.batch_size=4', 'train_dataloader.num_workers=0', 'val_dataloader.num_workers=0']
    options += ['test_dataloader.num_workers=0', f'val_evaluator.ann_file={ann_file}']
    options += [f'test_evaluator.ann_file={ann_file}', 'train_dataloader.dataset.pipeline.3.prob=0.0']
    for part, resize in (('train', 2), ('val', 1), ('test', 1)):
        images = f'{part}_dataloader.dataset'
        options += [f'{images}.data_root={root}/', f'{images}.ann_file={ann_file}']
        options += [f'{images}.data_prefix.img=train2017/', f'{images}.pipeline.{resize}.scale=(192,192)']
    return options
