"""What is counted of a network, and of the model of a config."""

import pytest
import torch
from mmengine.registry import init_default_scope
from torch import nn

from mmnas_mae.apis import build_network
from mmnas_mae.costs import Complexity, CountedParts, count_macs, measure_complexity
from mmnas_mae.registry import MODELS

GENOTYPE = dict(genotype='DARTS_V2', init_channels=2, layers=4)


def network():
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.Conv2d(8, 8, 3, padding=1, groups=8, bias=False),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, 5),
    )


def test_convolutions_and_linear_layers_are_counted():
    model = network().train()
    macs = 3 * 8 * 9 * 4 * 3 + 8 * 9 * 4 * 3 + 8 * 5
    assert count_macs(model, (3, 8, 6)) == macs
    assert model.training
    assert model[1].num_batches_tracked == 0
    assert measure_complexity(model, (3, 8, 6)).params == (3 * 8 * 9 + 8) + 16 + 8 * 9 + 45
    with torch.device('meta'):
        assert count_macs(network(), (3, 8, 6)) == macs


def test_a_model_that_fails_keeps_its_mode():
    model = network().train()
    with pytest.raises(RuntimeError, match='channels'):
        count_macs(model, (4, 8, 8))
    assert model.training


def test_a_classifier_costs_what_its_network_does_alone():
    init_default_scope('mmpretrain')
    backbone = dict(GENOTYPE, type='mmnas_mae.GenotypeBackbone', out_indices=('aux', 2))
    head = dict(
        type='mmnas_mae.AuxiliaryHead', in_channels=(32, 32), num_classes=7, head=dict(type='mmpretrain.LinearClsHead')
    )
    model = CountedParts(MODELS.build(dict(type='mmpretrain.ImageClassifier', backbone=backbone, head=head)))
    assert model.names == ('backbone', 'head')
    assert len(list(model.head.auxiliary.parameters())) == 8
    alone = build_network('darts', 'DARTS_V2', 7, init_channels=2, layers=4)
    assert measure_complexity(model, (3, 32, 32)) == measure_complexity(alone, (3, 32, 32))


@pytest.mark.parametrize('space, alpha', [('darts_s0', 2 * 14 * 8), ('darts_s3', 2 * 14 * 3)])
def test_architecture_parameters_are_no_part_of_a_search_network(space, alpha):
    supernet = MODELS.build(dict(type='mmnas_mae.DARTSSupernet', space=space, init_channels=2, layers=3))
    total = sum(parameter.numel() for parameter in supernet.parameters())
    assert measure_complexity(supernet, (3, 8, 8)).params == total - alpha


def test_a_model_without_parts_is_refused():
    with pytest.raises(ValueError, match='a Linear has no part to count: no backbone, neck, head'):
        CountedParts(nn.Linear(2, 2))


def test_resnet_18_has_its_published_size():
    """11.69 million parameters (torchvision), 1.8 billion multiply-adds (He et al. 2016, table 1)."""
    model = MODELS.build(
        dict(
            type='mmpretrain.ImageClassifier',
            backbone=dict(type='mmpretrain.ResNet', depth=18),
            neck=dict(type='mmpretrain.GlobalAveragePooling'),
            head=dict(type='mmpretrain.LinearClsHead', num_classes=1000, in_channels=512),
        )
    )
    parts = CountedParts(model)
    assert parts.names == ('backbone', 'neck', 'head')
    assert measure_complexity(parts, (3, 224, 224)) == Complexity(11_689_512, 1_814_073_344)
