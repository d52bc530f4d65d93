"""Features and their description, as timm's users expect them."""

import pytest
import torch
from mmengine.registry import MODELS, init_default_scope
from mmpretrain.models import ImageClassifier

from mmnas_mae.apis import build_backbone, build_network
from mmnas_mae.models import FeatureInfo, FeaturesOnly

NETWORKS = {
    'nasbench201': ('|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|nor_conv_1x1~1|none~2|', dict(init_channels=4)),
    'nasbench101': ('02001|100110100001001010101', dict(stem_channels=8, num_modules_per_stack=1)),
    'transnas101': ('64-41414-1_02_333', dict(init_channels=4)),
}


def test_the_backbone_describes_its_outputs():
    backbone = build_backbone(
        'DARTS_V2', init_channels=4, layers=5, stem='imagenet', out_indices=('stem', 0, 1, 'aux', 2)
    )
    info = backbone.feature_info
    assert info.channels() == [4, 16, 32, 64, 64]
    assert info.reduction() == [4, 8, 16, 32, 32]
    assert info.module_name() == ['stem0.4', 'cells.0', 'cells.2', 'cells.3', 'cells.4']
    assert (info.channels(1), info.reduction(-1), info.module_name(0), len(info)) == (16, 32, 'stem0.4', 5)
    assert info[1] == dict(index=1, num_chs=16, reduction=8, module='cells.0')
    assert info.get_dicts() == [info[i] for i in range(5)]
    made = {}
    for name in info.module_name():
        backbone.get_submodule(name).register_forward_hook(
            lambda module, args, out, name=name: made.update({name: out})
        )
    x = torch.randn(1, 3, 64, 96)
    for entry, feature in zip(info.get_dicts(), backbone(x)):
        assert made[entry['module']] is feature
        assert feature.shape == (1, entry['num_chs'], 64 // entry['reduction'], 96 // entry['reduction'])
    small = build_backbone('DARTS_V2', init_channels=4, layers=3, out_indices=('stem',))
    assert small.feature_info.module_name() == ['stem.1']


def test_what_it_hands_out_is_a_copy():
    info = FeatureInfo([4], [2], ['stem'])
    info[0]['num_chs'] = info.get_dicts()[0]['num_chs'] = 5
    assert info.channels() == [4]


@pytest.mark.parametrize('space', NETWORKS)
def test_every_benchmark_network_has_the_view(space):
    arch, macro = NETWORKS[space]
    network = build_network(space, arch, **macro).eval()
    x = torch.randn(2, 3, 64, 64)
    features = network.forward_features(x)
    view = FeaturesOnly(network, (0, 2)).eval()
    first, last = view(x)
    assert torch.equal(first, features[0])
    assert torch.equal(last, features[2])
    info = view.feature_info
    assert info.channels() == list(view.out_channels) == [first.shape[1], last.shape[1]]
    assert info.reduction() == list(view.out_strides) == [64 // first.shape[2], 64 // last.shape[2]]
    # Every parameter serves the features.
    (gradients) = torch.autograd.grad(last.sum(), list(view.parameters()), allow_unused=True)
    assert all(gradient is not None for gradient in gradients)


def test_it_is_a_backbone_of_mmpretrain():
    init_default_scope('mmpretrain')
    arch, macro = NETWORKS['transnas101']
    network = dict(type='mmnas_mae.TransNASNetwork', genotype=arch, **macro)
    backbone = dict(type='mmnas_mae.FeaturesOnly', network=network, out_indices=(2,))
    (channels,) = MODELS.build(backbone).out_channels
    head = dict(type='LinearClsHead', num_classes=5, in_channels=channels)
    model = ImageClassifier(backbone, dict(type='GlobalAveragePooling'), head).eval()
    x = torch.randn(2, 3, 64, 64)
    expected = model.backbone(x)[-1].mean((2, 3)) @ model.head.fc.weight.T + model.head.fc.bias
    torch.testing.assert_close(model(x, mode='tensor'), expected)


def test_what_has_no_such_features_is_refused():
    arch, macro = NETWORKS['nasbench201']
    for indices in ((), (0, 3), (2, 1), (1, 1), (-1,)):
        with pytest.raises(ValueError, match=r'out_indices must be chosen from \(0, 1, 2\), fine to coarse .* got \('):
            FeaturesOnly(build_network('nasbench201', arch, **macro), indices)
    with pytest.raises(ValueError, match='GenotypeNetwork has no forward_features; .* use GenotypeBackbone'):
        FeaturesOnly(build_network('darts', 'DARTS_V2', init_channels=4, layers=3))
