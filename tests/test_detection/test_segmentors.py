"""The contract with mmsegmentation: UPerNet on a derived backbone, built, trained and tested on real images."""

import json
import shutil

import cv2
import numpy as np
import pytest
from pages import blocks

from mmnas_mae.utils.config import read_config

CONFIG = 'segmentation/upernet_genotype_4xb4-80k_ade20k-512x512.py'
UPSTREAM = "_base_ = 'mmseg::upernet/upernet_r50_4xb4-80k_ade20k-512x512.py'"
IMAGES = {25: 1, 34: 2, 42: 3, 72: 1}


@pytest.fixture(scope='module')
def own_maps(data_file, tmp_path_factory):
    """Images and label maps as a folder of one's own: four photographs, their boxes filled."""
    source, root = data_file('coco_mini'), tmp_path_factory.mktemp('own')
    content = json.loads((source / 'instances_train2017.json').read_text())
    for name in ('images', 'maps'):
        (root / name).mkdir()
    for image in content['images']:
        if image['id'] in IMAGES:
            labels = np.zeros((image['height'], image['width']), np.uint8)
            for box in content['annotations']:
                if box['image_id'] == image['id']:
                    x, y, width, height = (round(value) for value in box['bbox'])
                    labels[y : y + height, x : x + width] = IMAGES[image['id']]
            shutil.copy(source / 'train2017' / image['file_name'], root / 'images')
            cv2.imwrite(str(root / 'maps' / image['file_name'].replace('.jpg', '.png')), labels)
    return root


def test_only_the_backbone_and_what_reads_it_differ_from_upstream(repository, tmp_path):
    (tmp_path / 'upstream.py').write_text(UPSTREAM)
    ours, theirs = read_config(repository / 'configs' / CONFIG), read_config(tmp_path / 'upstream.py')
    assert ours.model.backbone.type == 'mmnas_mae.GenotypeBackbone'
    for head in ('decode_head', 'auxiliary_head'):
        mine, other = dict(ours.model[head]), dict(theirs.model[head])
        # One process of a CPU cannot synchronise; sync_bn does so where there are several.
        assert (mine.pop('norm_cfg').type, other.pop('norm_cfg').type) == ('BN', 'SyncBN')
        assert (mine.pop('in_channels'), other.pop('in_channels')) in (
            ([48, 192, 384, 768], [256, 512, 1024, 2048]),
            (384, 1024),
        )
        assert mine == other
    assert ours.sync_bn == 'torch'
    for key in ('train_dataloader', 'val_dataloader', 'optim_wrapper', 'param_scheduler', 'train_cfg'):
        assert ours[key] == theirs[key]


def test_the_config_of_the_page_learns_real_images(launch, own_maps, repository, tmp_path, tiny):
    (block,) = (b for b in blocks(repository / 'docs/downstream.md') if b.text.startswith("_base_ = ['configs/seg"))
    text = block.text.replace("'configs/", f"'{repository}/configs/").replace("'own'", repr(str(own_maps)))
    (tmp_path / 'own_maps.py').write_text(text)
    options = [*tiny, 'model.backbone.init_cfg=None', 'model.backbone.frozen_stages=-1']
    options += ['model.backbone.norm_eval=False']
    options += ['model.decode_head.in_channels=[8,32,64,128]', 'model.auxiliary_head.in_channels=64']
    options += ['model.decode_head.channels=16', 'model.auxiliary_head.channels=16']
    for part in ('train', 'val', 'test'):
        options += [f'{part}_dataloader.dataset.pipeline.{1 if part == "train" else 2}.reduce_zero_label=False']
        options += [f'{part}_dataloader.num_workers=0', f'{part}_dataloader.persistent_workers=False']
    crop = 'train_dataloader.dataset.pipeline'
    # No image is smaller than the crop: upstream's mean loss counts what is padded.
    options += [f'{crop}.2.scale=(192,144)', f'{crop}.2.ratio_range=(1.0,1.5)', f'{crop}.3.crop_size=(96,96)']
    options += [f'{part}_dataloader.dataset.pipeline.1.scale=(192,144)' for part in ('val', 'test')]
    options += ['model.data_preprocessor.size=(96,96)', 'train_cfg.max_iters=60', 'train_cfg.val_interval=60']
    # 60 steps are too few for the SGD of the config.
    options += ['optim_wrapper.optimizer._delete_=True', 'optim_wrapper.optimizer.type=Adam']
    options += ['optim_wrapper.optimizer.lr=0.005', 'param_scheduler.0.end=60', 'log_level=ERROR']
    runner = launch(tmp_path / 'own_maps.py', tmp_path, options)
    runner.train()
    losses, _ = runner.message_hub.get_scalar('train/decode.loss_ce').data
    assert losses[0] == pytest.approx(np.log(4), rel=0.2)
    metrics = runner.test()
    # Uniform guesses among four classes of one size: an IoU of 1/7, an accuracy of 1/4. Two seeds gave 27 and 37, and
    # 42 and 52.
    assert metrics['mIoU'] > 20
    assert metrics['mAcc'] > 33
