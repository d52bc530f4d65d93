"""A derived network that has learned from images without labels, and who can start from it."""

import json
import re
import shlex

import pytest
import torch
from awkward_images import picture
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner.checkpoint import CheckpointLoader
from PIL import Image

from mmnas_mae.apis import build_backbone, load_weights
from mmnas_mae.models.reconstruction.trivial_fills import TRIVIAL_FILLS
from mmnas_mae.report.search_history import read_search
from mmnas_mae.spaces import load_genotype

CONFIG = 'configs/pretrain/sparse_genotype-l8-c16_1xb64-200e_folder.py'
RESNET = 'configs/pretrain/sparse_resnet18_1xb64-200e_folder.py'
RECIPE = 'configs/compare/genotype-l8-c16_1xb64-30e_folder.py'
WORKERS = ['train_dataloader.num_workers=0', 'val_dataloader.num_workers=0']
SIZE = dict(init_channels=2, layers=3)
SMALL = [*WORKERS, *(f'model.backbone.{key}={value}' for key, value in SIZE.items()), 'model.backbone.genotype=PDARTS']


@pytest.fixture
def images(tmp_path):
    """Thirty images of two classes of 16 pixels."""
    for number in range(30):
        path = tmp_path / 'images' / ('cats', 'dogs')[number % 2] / f'{number}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(16, 16, 3, seed=number)).save(path)
    return tmp_path / 'images'


def train(call, config, images, folder, *options, epochs=1):
    few = [f'train_cfg.max_epochs={epochs}', 'train_cfg.val_interval=1']
    data = f'own_images.data_root={images}'
    return call('tools/train.py', config, '--work-dir', folder, '--cfg-options', data, *few, *options)


def state_of(folder, epoch=1, prefix='backbone.'):
    state = torch.load(folder / f'epoch_{epoch}.pth', weights_only=False)['state_dict']
    return {name[len(prefix) :]: value for name, value in state.items() if name.startswith(prefix)}


def test_its_weights_start_classifiers_detectors_and_plain_networks(call, images, tmp_path, repository):
    train(call, CONFIG, images, tmp_path / 'weights', *SMALL)
    trained = state_of(tmp_path / 'weights')
    # Trained, and all of the network: the last normalisation has moved from where it was drawn.
    norms = [name for name in trained if name.endswith('running_mean')]
    assert norms
    assert all(trained[name].abs().sum() > 0 for name in norms)
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'weights' / 'epoch_1.pth'), prefix='backbone.')
    own = dict(type='mmnas_mae.GenotypeBackbone', genotype='PDARTS', stem='cifar', init_cfg=init, **SIZE)

    init_default_scope('mmpretrain')
    head = dict(type='LinearClsHead', num_classes=2, in_channels=32)
    neck = dict(type='GlobalAveragePooling')
    classifier = MODELS.build(dict(type='mmpretrain.ImageClassifier', backbone=own, neck=neck, head=head))

    init_default_scope('mmdet')
    cfg = Config.fromfile(repository / 'configs' / 'detection' / 'retinanet_genotype_fpn_1x_coco.py')
    backbone = dict(own, out_indices=(0, 1, 2))
    cfg.merge_from_dict({'model.neck.in_channels': [8, 16, 32], 'model.bbox_head.stacked_convs': 1})
    cfg.model.backbone = backbone
    detector = MODELS.build(cfg.model)

    plain = build_backbone('PDARTS', stem='cifar', **SIZE)
    load_weights(plain, init['checkpoint'])
    for model in (classifier, detector):
        model.init_weights()
    for backbone in (classifier.backbone, detector.backbone, plain):
        state = backbone.state_dict()
        assert state.keys() == trained.keys()
        assert all(torch.equal(state[name], value) for name, value in trained.items())


@pytest.mark.parametrize('masking', ['sparse', 'input'])
def test_a_resnet_is_pretrained_the_same_way_and_loads_in_mmpretrain(masking, call, images, tmp_path):
    network = [f'model.backbone.network.{key}=4' for key in ('base_channels', 'stem_channels')]
    train(call, RESNET, images, tmp_path, *WORKERS, *network, f'model.masking={masking}')
    init_default_scope('mmpretrain')
    init = dict(type='Pretrained', checkpoint=str(tmp_path / 'epoch_1.pth'), prefix='backbone.network.')
    resnet = dict(type='mmpretrain.ResNet_CIFAR', depth=18, base_channels=4, stem_channels=4)
    loaded = MODELS.build(dict(resnet, init_cfg=init))
    loaded.init_weights()
    plain = MODELS.build(resnet)
    load_weights(plain, init['checkpoint'])
    trained = state_of(tmp_path, prefix='backbone.network.')
    for model in (loaded, plain):
        state = model.state_dict()
        assert state.keys() == trained.keys()
        assert all(torch.equal(state[name], value) for name, value in trained.items())


def test_the_size_follows_the_images_and_patches_the_last_stride(call, images, tmp_path):
    train(call, CONFIG, images, tmp_path / 'small', *SMALL)
    cfg = Config.fromfile(next((tmp_path / 'small').glob('*.py')))
    assert cfg.train_dataloader.dataset.pipeline[0].scale == 16
    assert (cfg.model.backbone.stem, cfg.model.mask_generator.patch_size, cfg.model.masking) == ('cifar', 4, 'sparse')
    train(call, CONFIG, images, tmp_path / 'large', *SMALL, 'own_images.size=96')
    cfg = Config.fromfile(next((tmp_path / 'large').glob('*.py')))
    assert (cfg.model.backbone.stem, cfg.model.mask_generator.patch_size) == ('imagenet', 32)


def test_it_goes_on_as_if_it_had_not_been_interrupted_and_is_drawn(call, images, tmp_path):
    end = ['param_scheduler.0.end=2', 'param_scheduler.1.end=2']
    train(call, CONFIG, images, tmp_path / 'whole', *SMALL, *end, epochs=2)
    train(call, CONFIG, images, tmp_path / 'cut', *SMALL, *end, epochs=1)
    few = ['train_cfg.max_epochs=2', 'train_cfg.val_interval=1', f'own_images.data_root={images}', *SMALL, *end]
    call('tools/train.py', CONFIG, '--work-dir', tmp_path / 'cut', '--resume', 'auto', '--cfg-options', *few)
    whole, cut = (state_of(tmp_path / name, 2, '') for name in ('whole', 'cut'))
    assert all(torch.equal(value, cut[name]) for name, value in whole.items())

    history = read_search(tmp_path / 'cut')
    assert history.pretrains
    errors = {name: history.scalars[f'reconstruction/l1{name}'][1] for name in ('', *(f'_{f}' for f in TRIVIAL_FILLS))}
    assert all(len(values) == 2 for values in errors.values())
    call('tools/visualization/report.py', tmp_path / 'cut')
    page = (tmp_path / 'cut' / 'report.html').read_text()
    assert f'Held-out reconstruction/l1 {errors[""][-1]:.4g}, '[:40] in page
    assert '<title>Pre-training' in page
    assert 'data:image/png;base64' in page
    command = re.search(r'<pre id="command-\d-classify".*?>(?:<code>)?(.*?)</code>', page, re.DOTALL)[1]
    words = shlex.split(command.replace('&#x27;', "'").replace('&quot;', '"'))
    assert words[1:3] == ['tools/train.py', RECIPE]
    # The command starts from these weights.
    call(*words[1:3], '--work-dir', tmp_path / 'classifier', *words[3:], *WORKERS, 'train_cfg.max_epochs=1')
    cfg = Config.fromfile(next((tmp_path / 'classifier').glob('*.py')))
    assert cfg.model.backbone.init_cfg.checkpoint.endswith('epoch_2.pth')
    assert not read_search(tmp_path / 'classifier').pretrains


def test_a_comparison_pretrains_on_its_training_images_alone(call, images, tmp_path):
    load_genotype('PDARTS').save(tmp_path / 'genotype.json')
    command = ['tools/compare.py', tmp_path / 'genotype.json', images, '--init-channels', 2, '--layers', 3]
    command += ['--against', 'resnet', '--pretrain', 'found', 'resnet', '--pretrain-epochs', 1, '--labels', 0.5]
    command += ['--judge', 'train', 'knn', '--seeds', 0, '--rates', 0.05, '--epochs', 1]
    command += ['--cfg-options', *WORKERS, '--pretrain-options', *WORKERS]
    out = call(*command)
    content = json.loads((tmp_path / 'compare' / 'comparison.json').read_text())
    keys = {(row['rival'], row['start'], row['judge']) for row in content['rows']}
    assert len(keys) == 8
    assert set(content['pretrained']) == {'found', 'resnet'}
    assert 'diffusion fill' in out
    for name in ('found', 'resnet'):
        record = json.loads(next((tmp_path / 'compare' / name / 'pretraining').glob('*/run.json')).read_text())
        # Of 30 images 24 are those of the comparison, of which a tenth is held out.
        assert record['splits']['train_dataloader']['total'] == 24
        inner = record['config']['train_dataloader']['dataset']['dataset']
        assert (inner['part'], inner['parts']) == ('train', [['train', 0.8], ['heldout', 0.2]])
        settings = json.loads((tmp_path / 'compare' / name / 'pretraining' / 'pretrained.json').read_text())
        assert settings['finished']
    weights = CheckpointLoader.load_checkpoint(content['weights']['resnet'], 'cpu')['state_dict']
    assert any(key.startswith('backbone.network.layer4') for key in weights)
    again = call(*command)
    assert ', pre-training,' not in again
    assert 'seed 0' not in again.split('# Does it pay?')[0]
    # A comparison that was moved knows its results again, weights among them.
    moved = (tmp_path / 'compare').rename(tmp_path / 'moved')
    elsewhere = call(*command, '--work-dir', moved)
    assert 'seed 0' not in elsewhere.split('# Does it pay?')[0]
