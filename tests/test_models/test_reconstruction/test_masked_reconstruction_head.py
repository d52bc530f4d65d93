"""Heads: the loss against a naive loop, the auxiliary classifier against its published shape."""

import pytest
import torch
import torch.nn.functional as F
from mmpretrain.models import ImageClassifier, LinearClsHead
from mmpretrain.structures import DataSample
from torch import nn

from mmnas_mae.models import AuxiliaryHead, GenotypeBackbone, MaskedReconstructionHead, PatchMaskGenerator

LINEAR = dict(type='mmpretrain.LinearClsHead', loss=dict(type='mmpretrain.CrossEntropyLoss'))


def batch(equal=True):
    images, reconstruction = torch.randn(2, 3, 3, 8, 8, dtype=torch.float64)
    mask = PatchMaskGenerator(2, 0.4)(images)
    if not equal:
        mask[0] = 0
        mask[0, :, 3, 4] = 1
    return reconstruction, images, mask


def naive(reconstruction, images, mask):
    """The mean of |y - x| over masked elements, one after the other."""
    errors = []
    for b in range(images.shape[0]):
        for c in range(3):
            for i in range(8):
                for j in range(8):
                    if mask[b, 0, i, j] == 1:
                        errors.append(abs(float(reconstruction[b, c, i, j]) - float(images[b, c, i, j])))
    return sum(errors) / len(errors)


@pytest.mark.parametrize('equal', [True, False])
def test_loss_is_the_mean_over_masked_elements(equal):
    reconstruction, images, mask = batch(equal)
    loss = MaskedReconstructionHead().loss(reconstruction, images, mask)
    assert set(loss) == {'loss'}
    assert float(loss['loss']) == pytest.approx(naive(reconstruction, images, mask), rel=1e-12)
    # To the bit, in single precision too.
    single = [x.float() for x in (reconstruction, images, mask)]
    formula = ((single[0] - single[1]).abs() * single[2]).sum() / (3 * single[2].sum())
    assert torch.equal(MaskedReconstructionHead().loss(*single)['loss'], formula)


@pytest.mark.parametrize('equal', [True, False])
def test_loss_of_each_image(equal):
    data = batch(equal)
    losses = MaskedReconstructionHead().per_image(*data)
    expected = [naive(*(x[b : b + 1] for x in data)) for b in range(3)]
    torch.testing.assert_close(losses, torch.tensor(expected, dtype=torch.float64))
    total = float(MaskedReconstructionHead().loss(*data)['loss'])
    assert (float(losses.mean()) == pytest.approx(total, rel=1e-12)) is equal


def test_visible_pixels_count_for_nothing():
    reconstruction, images, mask = batch()
    reconstruction.requires_grad_()
    loss = MaskedReconstructionHead().loss(reconstruction, images, mask)['loss']
    (gradient,) = torch.autograd.grad(loss, reconstruction)
    masked = mask.expand_as(gradient) == 1
    assert float(gradient[~masked].abs().sum()) == 0
    torch.testing.assert_close(
        gradient[masked].abs(), torch.full((int(masked.sum()),), 1 / float(masked.sum())).double()
    )


def build(stem='cifar', num_classes=10, channels=(576, 576), **kwargs):
    return AuxiliaryHead(LINEAR, channels, num_classes, stem, **kwargs)


@pytest.mark.parametrize(
    'stem, num_classes, channels, expected',
    [
        # 1x1 to 128, 2x2 to 768, a classifier, and 2 x 128 (+ 2 x 768) of normalisation
        ('cifar', 10, 576, 576 * 128 + 256 + 128 * 768 * 4 + 1536 + 768 * 10 + 10),
        ('cifar', 100, 576, 576 * 128 + 256 + 128 * 768 * 4 + 1536 + 768 * 100 + 100),
        ('imagenet', 1000, 768, 768 * 128 + 256 + 128 * 768 * 4 + 768 * 1000 + 1000),
    ],
)
def test_parameters_of_the_auxiliary_classifier(stem, num_classes, channels, expected):
    head = build(stem, num_classes, (channels, channels))
    assert sum(p.numel() for p in head.auxiliary.parameters()) == expected
    assert sum(p.numel() for p in head.parameters()) == expected + (channels + 1) * num_classes
    assert isinstance(head.head, LinearClsHead)


def scores_by_hand(head, x, stride):
    """quark0/darts: cnn/model.py, step by step."""
    layers = list(head.auxiliary)
    convs = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    norms = [layer for layer in layers if isinstance(layer, nn.BatchNorm2d)]
    x = F.avg_pool2d(x.relu(), 5, stride)
    for i, conv in enumerate(convs):
        x = F.conv2d(x, conv.weight)
        if i < len(norms):
            x = F.batch_norm(x, None, None, norms[i].weight, norms[i].bias, training=True)
        x = x.relu()
    return x.flatten(1) @ layers[-1].weight.T + layers[-1].bias


@pytest.mark.parametrize('stem, side, stride', [('cifar', 8, 3), ('imagenet', 7, 2)])
def test_loss_is_that_of_the_head_and_a_share_of_the_auxiliary(stem, side, stride):
    head = build(stem, 10, (12, 20))
    feats = torch.randn(5, 12, side, side), torch.randn(5, 20, side, side)
    labels = torch.tensor([0, 3, 9, 1, 1])
    losses = head.loss(feats, [DataSample().set_gt_label(label) for label in labels])
    assert set(losses) == {'loss', 'aux_loss'}
    pooled = feats[1].mean((2, 3))
    main = pooled @ head.head.fc.weight.T + head.head.fc.bias
    torch.testing.assert_close(losses['loss'], F.cross_entropy(main, labels))
    torch.testing.assert_close(
        losses['aux_loss'], 0.4 * F.cross_entropy(scores_by_hand(head, feats[0], stride), labels)
    )
    torch.testing.assert_close(head(feats), main)


def test_the_share_is_an_option_and_prediction_reads_the_main_head():
    head = build(channels=(12, 20), loss_weight=0.0).eval()
    feats = torch.randn(3, 12, 8, 8), torch.randn(3, 20, 8, 8)
    samples = [DataSample().set_gt_label(0) for _ in range(3)]
    assert head.loss(feats, samples)['aux_loss'].item() == 0
    scores = torch.stack([sample.pred_score for sample in head.predict(feats, samples)])
    torch.testing.assert_close(scores, head(feats).softmax(1))
    changed = (torch.randn_like(feats[0]), feats[1])
    torch.testing.assert_close(head(changed), head(feats))


def test_the_config_of_the_head_is_left_alone():
    cfg = dict(LINEAR)
    AuxiliaryHead(cfg, (12, 20), 10)
    assert cfg == LINEAR


def test_a_classifier_of_mmpretrain_trains_with_it():
    backbone = dict(
        type='mmnas_mae.GenotypeBackbone', genotype='DARTS_V2', init_channels=4, layers=5, out_indices=('aux', 2)
    )
    head = dict(type='mmnas_mae.AuxiliaryHead', head=LINEAR, in_channels=(64, 64), num_classes=10)
    model = ImageClassifier(backbone=backbone, head=head)
    assert isinstance(model.backbone, GenotypeBackbone)
    samples = [DataSample().set_gt_label(label) for label in (0, 4)]
    losses = model(torch.randn(2, 3, 32, 32), samples, mode='loss')
    total, _ = model.parse_losses(losses)
    torch.testing.assert_close(total, losses['loss'] + losses['aux_loss'])
    total.backward()
    assert all(p.grad is not None for p in model.parameters())
