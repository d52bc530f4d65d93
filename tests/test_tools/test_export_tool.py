"""What tools/misc/export.py takes beside genotypes, and what it refuses."""

import json

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope

from mmnas_mae.apis import build_network
from mmnas_mae.apis.export import run_exported
from mmnas_mae.registry import MODELS

TOOL = 'tools/misc/export.py'


def test_any_classifier_of_mmpretrain_is_exported(call, tmp_path):
    config = tmp_path / 'resnet.py'
    config.write_text(
        "_base_ = 'mmpretrain::resnet/resnet18_8xb16_cifar10.py'\nmodel = dict(head=dict(num_classes=3))\n"
    )
    init_default_scope('mmpretrain')
    model = MODELS.build(Config.fromfile(config).model).eval()
    meta = dict(dataset_meta=dict(classes=('a', 'b', 'c')))
    torch.save(dict(state_dict=model.state_dict(), meta=meta), tmp_path / 'epoch_1.pth')
    out = tmp_path / 'resnet.onnx'
    report = json.loads(call(TOOL, config, tmp_path / 'epoch_1.pth', '--out', out, '--shape', 32).splitlines()[-1])
    assert (report['input'], report['outputs']) == ([3, 32, 32], [[3]])
    assert report['metadata'] == dict(
        classes=['a', 'b', 'c'],
        mean=[125.307, 122.961, 113.8575],
        std=[51.5865, 50.847, 51.255],
        size=[32, 32],
        channels=3,
        outputs='logits',
    )
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        logits = model(images, mode='tensor')
    torch.testing.assert_close(run_exported(out, images)[0], logits, rtol=0, atol=1e-4)
    unsized = json.loads(call(TOOL, config, '--out', out).splitlines()[-1])
    assert (unsized['input'], 'size' in unsized['metadata']) == ([3, 32, 32], False)
    printed = call(TOOL, config, '--out', out, '--backbone', expect=1)
    assert 'error: features are exported of mmnas_mae.GenotypeBackbone, the backbone of config' in printed


def test_of_a_detector_features_are_exported_and_it_says_so(call, tmp_path):
    options = ['model.backbone.init_channels=2', 'model.backbone.layers=3']
    config = 'configs/detection/retinanet_genotype_fpn_1x_coco.py'
    printed = call(TOOL, config, '--out', tmp_path / 'd.onnx', '--shape', 64, '--cfg-options', *options)
    report = json.loads(printed.splitlines()[-1])
    assert report['metadata']['outputs'] == 'features'
    assert 'boxes' in report['note']
    assert [output[1:] for output in report['outputs']] == [[8, 8], [4, 4], [2, 2]]


@pytest.mark.parametrize('shape, size', [(['--shape', 64], [64, 64]), ([], None)])
def test_of_a_detector_without_a_fixed_size_the_channels_are_known(call, tmp_path, shape, size):
    options = ['model.backbone.init_channels=2', 'model.backbone.layers=3', 'model.backbone.in_channels=4']
    config = 'configs/detection/retinanet_genotype_fpn_1x_coco.py'
    printed = call(TOOL, config, '--out', tmp_path / 'd.onnx', *shape, '--cfg-options', *options)
    report = json.loads(printed.splitlines()[-1])
    assert report['input'][0] == report['metadata']['channels'] == 4
    assert report['metadata'].get('size') == size


def test_weights_of_nan_end_with_one_line(call, tmp_path):
    network = build_network('darts', 'PDARTS', 7, init_channels=4, layers=3)
    network.classifier.bias.data[0] = float('nan')
    torch.save(network.state_dict(), tmp_path / 'broken.pth')
    size = ['--init-channels', 4, '--layers', 3, '--num-classes', 7, '--shape', 32]
    printed = call(TOOL, 'PDARTS', tmp_path / 'broken.pth', '--out', tmp_path / 'network.onnx', *size, expect=1)
    assert printed.splitlines() == ['error: PyTorch gives NaN or infinity for images of noise; are all weights finite?']
