"""A backbone of another library under a mask, against mmpretrain's own sparse modules and against itself."""

import pytest
import torch
from mmengine.registry import init_default_scope
from mmpretrain.models.utils.sparse_modules import SparseHelper
from mmpretrain.registry import MODELS as MMPRETRAIN

from mmnas_mae.apis import load_weights
from mmnas_mae.models import MaskedBackbone, MaskedBatchNorm2d, Visibility
from mmnas_mae.registry import MODELS

RESNET = dict(type='mmpretrain.ResNet', depth=18, base_channels=4, stem_channels=4, out_indices=(0, 1, 2, 3))
SMALL = dict(type='mmpretrain.ResNet_CIFAR', depth=18, base_channels=4, stem_channels=4, out_indices=(1, 2, 3))
MOBILE = dict(type='mmpretrain.MobileNetV2', widen_factor=0.1, out_indices=(2, 4, 7))


@pytest.fixture(autouse=True)
def scope():
    init_default_scope('mmpretrain')


@pytest.fixture
def saved(tmp_path):
    """Writes a checkpoint of a run with a backbone."""

    def save(backbone):
        state = {f'backbone.{name}': value for name, value in backbone.state_dict().items()}
        torch.save(dict(state_dict=state, meta={}), tmp_path / 'epoch_1.pth')
        return tmp_path / 'epoch_1.pth'

    return save


def drawn(network, seed=0, **kwargs):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        backbone = MaskedBackbone(network, **kwargs)
        backbone.init_weights()
        # The last normalisation of a residual block begins with zero weights, which would hide what is before it.
        for module in backbone.modules():
            if isinstance(module, MaskedBatchNorm2d):
                torch.nn.init.uniform_(module.weight, 0.5, 1.5)
                torch.nn.init.uniform_(module.bias, -0.5, 0.5)
    return backbone


def masked_images(size=64, patch=32):
    generator = torch.Generator().manual_seed(1)
    images = torch.randn(3, 3, size, size, generator=generator)
    cells = torch.zeros(3, (size // patch) ** 2)
    cells.scatter_(1, torch.rand(cells.shape, generator=generator).argsort(1)[:, : cells.shape[1] // 2], 1.0)
    cells = cells.view(3, 1, size // patch, size // patch)
    return images, cells.repeat_interleave(patch, 2).repeat_interleave(patch, 3), cells


def test_it_is_the_sparse_resnet_of_mmpretrain(saved):
    ours = drawn(RESNET)
    theirs = MMPRETRAIN.build(dict(RESNET, type='SparseResNet', norm_cfg=dict(type='BN')))
    theirs.train()
    load_weights(theirs, saved(ours))
    images, mask, cells = masked_images()
    SparseHelper._cur_active = cells == 0
    try:
        expected = theirs(images * (1 - mask))
    finally:
        SparseHelper._cur_active = None
    found = ours(images * (1 - mask), Visibility(mask))
    for ours_, theirs_ in zip(found, expected, strict=True):
        torch.testing.assert_close(ours_, theirs_, atol=2e-5, rtol=1e-4)
    for name, value in theirs.state_dict().items():
        torch.testing.assert_close(ours.network.state_dict()[name], value, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize('network', [SMALL, MOBILE])
def test_without_a_mask_it_is_the_network(network):
    backbone = drawn(network).eval()
    plain = MMPRETRAIN.build(dict(network))
    plain.load_state_dict(backbone.network.state_dict())
    plain.eval()
    images, mask, _ = masked_images()
    for ours, theirs in zip(backbone(images), plain(images), strict=True):
        assert torch.equal(ours, theirs)
    # A pass with a mask leaves nothing behind, one that fails neither.
    before = backbone(images)
    backbone(images, Visibility(mask))
    with pytest.raises(RuntimeError, match='channels'):
        backbone(images[:, :2], Visibility(mask))
    assert all(torch.equal(a, b) for a, b in zip(before, backbone(images)))


@pytest.mark.parametrize('network, finer', [(SMALL, 0), (MOBILE, 2)])
def test_nothing_behind_the_mask_is_seen_and_all_before_it_is(network, finer):
    backbone = drawn(network, finer=finer).train()
    images, mask, _ = masked_images(64, 16)
    visible = Visibility(mask)
    features = backbone(images * (1 - mask), visible)
    other = backbone((images + 9 * torch.randn_like(images) * mask) * (1 - mask), visible)
    for feature, again in zip(features, other):
        assert torch.equal(feature, again)
        assert (feature * (1 - visible.at(feature))).abs().max() == 0
    assert backbone.out_strides == (2, 4, 8)
    assert [feature.shape[1] for feature in features] == list(backbone.out_channels)


def test_images_of_other_channels():
    backbone = drawn(MOBILE, in_channels=5, finer=2)
    assert backbone.network.conv1.conv.weight.shape[1] == 5
    assert backbone(torch.rand(2, 5, 32, 32))[-1].shape[-1] == 4


@pytest.mark.filterwarnings('ignore:In MMCV')
def test_what_cannot_be_is_refused(saved):
    with pytest.raises(ValueError, match='finer must lie between 0 and'):
        MaskedBackbone(MOBILE, finer=99)
    wide = saved(drawn(dict(SMALL, base_channels=8, stem_channels=8)))
    init = dict(type='Pretrained', checkpoint=str(wide), prefix='backbone.')
    with pytest.raises(ValueError, match='these weights are not of this network'):
        MODELS.build(dict(type='mmnas_mae.MaskedBackbone', network=SMALL, init_cfg=init)).init_weights()
    squeezed = MaskedBackbone(dict(type='mmpretrain.MobileNetV3', arch='small_050', out_indices=(3, 8, 12)))
    images, mask, _ = masked_images()
    with pytest.raises(ValueError, match='use masking="input"'):
        squeezed(images, Visibility(mask))
