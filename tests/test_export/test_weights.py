"""One state dict for mmpretrain, mmdet and plain torch, and refusals of what does not fit."""

import re

import pytest
import torch
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner import load_checkpoint
from mmpretrain.models import ImageClassifier
from torch import nn

from mmnas_mae.apis import build_backbone, build_network, load_weights
from mmnas_mae.models import GenotypeBackbone, NetworkClassifier
from mmnas_mae.models.networks.pretrained import genotype_id
from mmnas_mae.spaces import Genotype, published, published_names

SIZE = dict(init_channels=4, layers=5, stem='imagenet')
HEAD = dict(type='LinearClsHead', num_classes=7, in_channels=64)


def backbone_cfg(**kwargs):
    return dict(type='mmnas_mae.GenotypeBackbone', **{**dict(genotype='DARTS_V2'), **SIZE, **kwargs})


@pytest.fixture
def checkpoint(tmp_path):
    """A classifier of mmpretrain as the runner saves it."""
    init_default_scope('mmpretrain')
    model = ImageClassifier(backbone_cfg(), dict(type='GlobalAveragePooling'), HEAD)
    torch.save(dict(state_dict=model.state_dict(), meta=dict(epoch=1)), tmp_path / 'classifier.pth')
    return model, tmp_path / 'classifier.pth'


def detector(init_cfg=None, **kwargs):
    init_default_scope('mmdet')
    neck = dict(type='FPN', in_channels=[16, 32, 64], out_channels=8, num_outs=3)
    anchors = dict(type='AnchorGenerator', scales=[4], ratios=[1.0], strides=[8, 16, 32])
    head = dict(type='RetinaHead', num_classes=2, in_channels=8, feat_channels=8, anchor_generator=anchors)
    cfg = dict(type='RetinaNet', backbone=backbone_cfg(init_cfg=init_cfg, **kwargs), neck=neck, bbox_head=head)
    return MODELS.build(cfg)


class Holder(nn.Module):
    def __init__(self, backbone):
        super().__init__()
        self.backbone = backbone


def pretrained(path, prefix='backbone.'):
    return dict(type='Pretrained', checkpoint=str(path), **(dict(prefix=prefix) if prefix else {}))


def test_a_classifier_a_detector_and_a_plain_module_share_weights(checkpoint, tmp_path):
    classifier, path = checkpoint
    images = torch.randn(2, 3, 64, 64)
    classifier.eval()
    wanted = classifier.backbone(images)
    found = detector(pretrained(path))
    found.init_weights()
    torch.save(found.state_dict(), tmp_path / 'detector.pth')
    plain = build_backbone('DARTS_V2', **SIZE)
    for source in (path, tmp_path / 'detector.pth'):
        load_weights(plain, source)
        for feature, other in zip(wanted, plain.eval()(images)):
            assert torch.equal(feature, other)
        plain.load_state_dict(build_backbone('DARTS_V2', **SIZE).state_dict())
    load_weights(plain, path)
    torch.save(plain.state_dict(), tmp_path / 'plain.pth')
    again = GenotypeBackbone('DARTS_V2', **SIZE, init_cfg=pretrained(tmp_path / 'plain.pth', None))
    again.init_weights()
    assert torch.equal(again.eval()(images)[-1], wanted[-1])
    # Both heads of mmpretrain: the plain one, and the one with an auxiliary classifier.
    network = build_network('darts', 'DARTS_V2', 7, **SIZE)
    auxiliary = dict(type='mmnas_mae.AuxiliaryHead', head=HEAD, in_channels=(64, 64), num_classes=7, stem='imagenet')
    init_default_scope('mmpretrain')
    other = ImageClassifier(backbone_cfg(out_indices=('aux', 2)), head=auxiliary).eval()
    torch.save(other.state_dict(), tmp_path / 'auxiliary.pth')
    for model, file in ((classifier, path), (other, tmp_path / 'auxiliary.pth')):
        load_weights(network, file)
        torch.testing.assert_close(network.eval()(images), model(images, mode='tensor'))
    torch.save(network.state_dict(), tmp_path / 'network.pth')
    load_weights(build_network('darts', 'DARTS_V2', 7, **SIZE), tmp_path / 'network.pth')


def test_a_benchmark_network_comes_out_of_its_trainer(tmp_path):
    arch = '|nor_conv_3x3~0|+|none~0|skip_connect~1|+|none~0|nor_conv_1x1~1|none~2|'
    trained = NetworkClassifier(build_network('nasbench201', arch, 3, init_channels=4, cells_per_stage=1))
    torch.save(dict(state_dict=trained.state_dict()), tmp_path / 'trained.pth')
    network = build_network('nasbench201', arch, 3, init_channels=4, cells_per_stage=1)
    load_weights(network, tmp_path / 'trained.pth')
    images = torch.randn(2, 3, 16, 16)
    assert torch.equal(network.eval()(images), trained.eval()(images))


@pytest.mark.parametrize(
    'other, found',
    [
        (dict(genotype='PDARTS'), 'missing (first: '),
        (dict(layers=8), 'unknown|missing'),
        (dict(init_channels=8), 'of another shape (first: '),
        (dict(stem='cifar'), 'missing (first: '),
    ],
)
def test_weights_of_another_backbone_are_refused_however_they_come(checkpoint, other, found):
    _, path = checkpoint
    settings = {**SIZE, 'genotype': 'DARTS_V2', **other}
    pattern = re.escape(found).replace(r'\|', '|')
    ways = [
        GenotypeBackbone(**settings, init_cfg=pretrained(path)).init_weights,
        detector(pretrained(path), **other).init_weights if 'init_channels' not in other else None,
        lambda: load_weights(GenotypeBackbone(**settings), path),
        # tools/test.py and load_from: not strict, so MMEngine itself would only warn
        lambda: load_checkpoint(Holder(GenotypeBackbone(**settings)), str(path), map_location='cpu'),
    ]
    for load in filter(None, ways):
        with pytest.raises(ValueError, match=pattern) as error:
            load()
        assert 'these weights are not of this genotype, init_channels, layers and stem' in str(error.value)
        assert '\n' not in str(error.value)
    with pytest.raises(ValueError, match=re.escape(str(path))):
        ways[0]()


def test_edges_and_poolings_count_though_they_have_no_weights(checkpoint):
    _, path = checkpoint
    content = published('DARTS_V2').to_dict()
    nodes = content['cells']['reduce']['nodes']
    pooled = next(edge for node in nodes for edge in node if edge[0] == 'max_pool_3x3')
    pooled[0] = 'avg_pool_3x3'
    other = build_backbone(content, **SIZE)
    with pytest.raises(ValueError, match='of another genotype: names and shapes agree'):
        load_weights(other, path)
    # Weights from elsewhere have no number.
    state = build_backbone('DARTS_V2', **SIZE).state_dict()
    del state['genotype_id']
    other.load_state_dict(state)
    assert int(other.genotype_id) == genotype_id(Genotype.from_dict(content))


def test_the_number_of_a_genotype():
    numbers = {name: genotype_id(published(name)) for name in published_names()}
    # Two of these are one architecture, found in S2 and in S3.
    cells = {name: published(name).cells for name in numbers}
    same = [(a, b) for a in cells for b in cells if a < b and cells[a] == cells[b]]
    assert len(set(numbers.values())) == len(numbers) - len(same)
    assert all(0 <= number < 2**63 for number in numbers.values())
    # The order of a node's edges changes nothing.
    content = published('PDARTS').to_dict()
    for cell in content['cells'].values():
        cell['nodes'] = [node[::-1] for node in cell['nodes']]
    assert genotype_id(Genotype.from_dict(content)) == numbers['PDARTS']


def test_what_is_missing_is_named(checkpoint, tmp_path):
    _, path = checkpoint
    with pytest.raises(FileNotFoundError, match="checkpoint .*none.pth' does not exist"):
        load_weights(build_backbone('DARTS_V2', **SIZE), tmp_path / 'none.pth')
    with pytest.raises(ValueError, match='neck. is not in the pretrained model'):
        GenotypeBackbone('DARTS_V2', **SIZE, init_cfg=pretrained(path, 'neck.')).init_weights()
    with pytest.raises(ValueError, match="need prefix='backbone.'"):
        GenotypeBackbone('DARTS_V2', **SIZE, init_cfg=pretrained(path, None)).init_weights()
    # A state without the backbone is the caller's business.
    model = detector()
    head = {name: value for name, value in model.state_dict().items() if name.startswith('bbox_head')}
    assert model.load_state_dict(head, strict=False).unexpected_keys == []
