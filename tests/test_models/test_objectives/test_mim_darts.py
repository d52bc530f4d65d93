"""MIM-DARTS: the weighted sum of two objectives."""

import pytest
import torch
from mmengine.structures import BaseDataElement

from mmnas_mae.models import MAENAS, MIMDARTS
from mmnas_mae.registry import MODELS

MASKED = dict(
    backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=2, layers=3),
    neck=dict(type='mmnas_mae.HierarchicalDecoder', channels=8),
    head=dict(type='mmnas_mae.MaskedReconstructionHead'),
    mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5, seed=3),
)


def build(**kwargs):
    return MODELS.build(
        dict(type='mmnas_mae.MIMDARTS', cls_head=dict(type='mmnas_mae.LinearHead', num_classes=10), **MASKED, **kwargs)
    )


def images(batch=3, side=8):
    return torch.randn(batch, 3, side, side, generator=torch.Generator().manual_seed(1))


def samples(*labels):
    return [BaseDataElement(metainfo=dict(sample_idx=i), gt_label=torch.tensor([y])) for i, y in enumerate(labels)]


@pytest.mark.parametrize('masking', ['input', 'sparse'])
@pytest.mark.parametrize('classify', ['masked', 'whole'])
def test_mim_darts_is_the_weighted_sum(masking, classify):
    model = build(cls_weight=0.7, rec_weight=2.5, masking=masking, classify=classify)
    x, labels = images(4), [7, 0, 3, 1]
    prepared = model.prepare(x, samples(*labels))
    total, _ = model.parse_losses(model.losses(**prepared))

    mask = prepared['mask']
    reconstruction = model.reconstruct(x, mask)
    masked = mask.expand_as(x) == 1
    l1 = (reconstruction - x).abs()[masked].mean().item()
    features = model.encode(x, mask)[0] if classify == 'masked' else model.backbone(x)
    logp = model.cls_head(features[-1], (8, 8)).log_softmax(1)
    entropy = -logp[range(4), labels].mean().item()
    assert total.item() == pytest.approx(0.7 * entropy + 2.5 * l1, rel=1e-5)


def test_mim_darts_predicts_both():
    model, x, labels = build(cls_weight=0.5, rec_weight=2.0).eval(), images(), [7, 0, 3]
    twin = MODELS.build(dict(type='mmnas_mae.MAENAS', **MASKED)).eval()
    twin.load_state_dict(model.state_dict(), strict=False)
    given = samples(*labels)
    with torch.no_grad():
        results, reconstructed = model(x, given, mode='predict'), twin(x, given, mode='predict')
        for i, (result, expected) in enumerate(zip(results, reconstructed)):
            assert torch.equal(result.mask, expected.mask)
            assert torch.equal(result.image, x[i])
            torch.testing.assert_close(result.reconstruction, expected.reconstruction)
            features, _ = model.encode(x[i : i + 1], expected.mask.unsqueeze(0))
            logits = model.cls_head(features[-1], (8, 8))
            entropy = -float(logits.log_softmax(1)[0, labels[i]])
            assert float(result.loss) == pytest.approx(0.5 * entropy + 2 * float(expected.loss), rel=1e-4)
            assert float(result.correct) == float(logits.argmax() == labels[i])


def test_mim_darts_shares_the_masked_autoencoder():
    model = build()
    assert isinstance(model, MIMDARTS)
    assert isinstance(model, MAENAS)
    assert model.generators() == [model.mask_generator.generator]


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(classify='both'), r"MIMDARTS.classify must be one of \('masked', 'whole'\), got 'both'"),
        (dict(cls_weight=-1), 'MIMDARTS.cls_weight must not be negative, got -1'),
        (dict(rec_weight=-0.5), 'MIMDARTS.rec_weight must not be negative, got -0.5'),
    ],
)
def test_mim_darts_names_bad_settings(settings, message):
    with pytest.raises(ValueError, match=message):
        build(**settings)
