"""The masked autoencoder: its modes, its masks, and what the masked pixels may not tell."""

import pytest
import torch
from mmengine.structures import BaseDataElement
from torch import nn

from mmnas_mae.models import MAENAS, SingleScaleDecoder
from mmnas_mae.registry import MODELS

MASKINGS = ['input', 'sparse']


def build(masking='input', ratio=0.5, patch_size=4, **kwargs):
    cfg = dict(
        type='mmnas_mae.MAENAS',
        backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=4, layers=3),
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=patch_size, ratio=ratio, seed=3),
        masking=masking,
    )
    return MODELS.build({**cfg, **kwargs})


def images(batch=3, side=16):
    return torch.randn(batch, 3, side, side, generator=torch.Generator().manual_seed(1))


def samples(*indices):
    return [BaseDataElement(metainfo=dict(sample_idx=index, path=f'{index}.png')) for index in indices]


def naive_loss(result):
    """Mean of |y - x| over the masked elements of one image, one after the other."""
    errors = []
    for c in range(3):
        for i in range(result.image.shape[1]):
            for j in range(result.image.shape[2]):
                if result.mask[0, i, j] == 1:
                    errors.append(abs(result.reconstruction[c, i, j].item() - result.image[c, i, j].item()))
    return sum(errors) / len(errors)


@pytest.mark.parametrize('masking', MASKINGS)
def test_predict_gives_each_image_its_loss(masking):
    model, x = build(masking).eval(), images()
    with torch.no_grad():
        results = model(x, samples(5, 6, 7), mode='predict')
    assert len(results) == 3
    for i, result in enumerate(results):
        assert isinstance(result, BaseDataElement)
        assert result.metainfo == dict(sample_idx=5 + i, path=f'{5 + i}.png')
        assert torch.equal(result.image, x[i])
        assert result.mask.shape == (1, 16, 16)
        assert float(result.mask.sum()) == 8 * 16
        assert float(result.loss) == pytest.approx(naive_loss(result), rel=1e-5)


@pytest.mark.parametrize('masking', MASKINGS)
def test_loss_mode_is_the_masked_error_under_a_fresh_mask(masking):
    model, x = build(masking), images()
    torch.manual_seed(5)
    first, second = (float(model(x, mode='loss')['loss'].detach()) for _ in range(2))
    assert first != second
    # The same masks by hand
    twin = build(masking)
    twin.load_state_dict(model.state_dict())
    mask = twin.mask_generator(x)
    reconstruction = twin.reconstruct(x, mask)
    masked = mask.expand_as(x) == 1
    assert first == pytest.approx((reconstruction - x).abs()[masked].mean().item(), rel=1e-5)


def test_a_prepared_batch_has_the_same_loss_each_time():
    model, x = build(), images()
    prepared = model.prepare(x, samples(1, 2, 3))
    assert set(prepared) == {'images', 'mask'}
    first, second = (model.losses(**prepared)['loss'] for _ in range(2))
    torch.testing.assert_close(first, second, rtol=0, atol=0)


def test_tensor_mode_gives_the_features_of_the_whole_image():
    model, x = build().eval(), images()
    features = model(x)
    assert [tuple(f.shape) for f in features] == [(3, 16, 16, 16), (3, 32, 8, 8), (3, 64, 4, 4)]
    for a, b in zip(features, model.backbone(x)):
        assert torch.equal(a, b)


@pytest.mark.parametrize('masking', MASKINGS)
def test_the_mask_of_an_image_depends_on_its_sample_alone(masking):
    model, x = build(masking).eval(), images(4)
    with torch.no_grad():
        together = model.predict(x, samples(10, 11, 12, 13))
        model(x, mode='loss')
        turned = model.predict(x.flip(0), samples(13, 12, 11, 10))[::-1]
        alone = [model.predict(x[i : i + 1], samples(10 + i))[0] for i in range(4)]
    for a, b, c in zip(together, turned, alone):
        assert torch.equal(a.mask, b.mask)
        assert torch.equal(a.mask, c.mask)
        assert float(a.loss) == pytest.approx(float(b.loss), rel=1e-4)
        assert float(a.loss) == pytest.approx(float(c.loss), rel=1e-4)
    assert not torch.equal(together[0].mask, together[1].mask)


@pytest.mark.parametrize('masking', MASKINGS)
def test_several_masks_of_an_image_give_the_mean_of_their_losses(masking):
    one, three, x = build(masking).eval(), build(masking, masks=3).eval(), images()
    three.load_state_dict(one.state_dict())
    given = samples(10, 11, 12)
    with torch.no_grad():
        single, several = one.predict(x, given), three.predict(x, given)
        masks = [three.fixed_mask(x, given, k) for k in range(3)]
        losses = torch.stack([three.head.per_image(three.reconstruct(x, m), x, m) for m in masks])
        for a, b, expected in zip(single, several, losses.T):
            assert torch.equal(a.mask, b.mask)
            torch.testing.assert_close(a.reconstruction, b.reconstruction, rtol=0, atol=0)
            torch.testing.assert_close(a.loss, expected[0], rtol=0, atol=0)
            torch.testing.assert_close(b.loss, expected.mean())
            torch.testing.assert_close(b.l1, b.loss)
            assert float(a.loss) != pytest.approx(float(b.loss), rel=1e-4)
        assert torch.equal(three.fixed_mask(x.flip(0), given[::-1], 2).flip(0), masks[2])
    assert len({tuple(m.flatten().tolist()) for m in torch.cat(masks)}) == 9


def test_without_samples_the_place_in_the_batch_counts():
    model, x = build().eval(), images()
    with torch.no_grad():
        plain, indexed = model.predict(x), model.predict(x, samples(0, 1, 2))
        bare = model.predict(x, [BaseDataElement() for _ in range(3)])
    for a, b, c in zip(plain, indexed, bare):
        assert torch.equal(a.mask, b.mask)
        assert torch.equal(a.mask, c.mask)
        torch.testing.assert_close(a.loss, b.loss, rtol=0, atol=0)


def test_prediction_draws_no_random_number():
    model, x = build(), images()
    before = model.generators()[0].get_state()
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    model.predict(x)
    assert torch.equal(torch.rand(2), expected)
    assert torch.equal(model.generators()[0].get_state(), before)
    model(x, mode='loss')
    assert not torch.equal(model.generators()[0].get_state(), before)


@pytest.mark.parametrize('training', [True, False])
@pytest.mark.parametrize('masking', MASKINGS)
def test_masked_pixels_do_not_reach_the_features(masking, training):
    model, x = build(masking).train(training), images()
    features = []
    model.backbone.register_forward_hook(lambda module, inputs, output: features.append(output))
    mask = model.mask_generator(x)
    first = model.reconstruct(x, mask)
    second = model.reconstruct(torch.where(mask == 1, 50 * torch.randn_like(x), x), mask)
    third = model.reconstruct(torch.where(mask == 0, x + 1, x), mask)
    assert torch.equal(first, second)
    assert all(torch.equal(a, b) for a, b in zip(*features[:2]))
    assert not torch.equal(first, third)


def test_sparse_masking_hides_features_and_input_masking_does_not():
    x = images()
    sparse, dense = build('sparse'), build('input')
    dense.load_state_dict(sparse.state_dict(), strict=False)
    mask = sparse.mask_generator(x)
    seen = {}
    for name, model in (('sparse', sparse), ('input', dense)):
        for part in ('backbone', 'bridge'):
            getattr(model, part).register_forward_hook(
                lambda module, inputs, output, key=(name, part): seen.update({key: output})
            )
        model.reconstruct(x, mask)
    for i, stride in enumerate((1, 2, 4)):
        hidden = mask[:, :, ::stride, ::stride] == 1
        feature = seen['sparse', 'backbone'][i]
        where = hidden.expand_as(feature)
        assert not feature[where].any()
        assert seen['input', 'backbone'][i][where].any()
        # What was hidden is the learned token before the decoder sees it.
        token = sparse.bridge.tokens[i].expand_as(feature)
        assert torch.equal(seen['sparse', 'bridge'][i][where], token[where])
    assert dense.bridge.tokens is None
    assert len(sparse.bridge.tokens) == 3


@pytest.mark.parametrize('masking', MASKINGS)
def test_features_are_normalised_before_the_decoder_unless_told_otherwise(masking):
    x = images()
    for feature_norm in (True, False):
        model = build(masking, feature_norm=feature_norm)
        out = {}
        model.bridge.register_forward_hook(lambda module, inputs, output, out=out: out.update(io=(inputs[0], output)))
        mask = model.mask_generator(x)
        model.reconstruct(x, mask)
        visible = mask[:, :, ::4, ::4] == (0 if masking == 'sparse' else mask[:, :, ::4, ::4])
        before, after = (features[2].transpose(0, 1)[:, visible[:, 0]] for features in out['io'])
        if feature_norm:
            before = (before - before.mean(1, keepdim=True)) / (before.var(1, correction=0, keepdim=True) + 1e-5).sqrt()
        torch.testing.assert_close(after, before, rtol=1e-4, atol=1e-4)


def test_sparse_masking_that_leaves_too_little_names_the_settings():
    model = build('sparse', ratio=0.9, patch_size=4)
    with pytest.raises(ValueError, match='fewer than two visible positions on a 4x4 map; lower mask_generator.ratio'):
        model(images(1), mode='loss')
    # More images leave more positions.
    assert bool(model(images(4), mode='loss')['loss'].isfinite())


@pytest.mark.parametrize('masking', MASKINGS)
def test_the_weight_step_neither_needs_nor_makes_gradients_of_alpha(masking):
    model = build(masking)
    assert [p.shape for p in model.arch_parameters()] == [(14, 8), (14, 8)]
    assert not any(p.requires_grad for p in model.arch_parameters())
    model(images(), mode='loss')['loss'].backward()
    assert all(p.grad is None for p in model.arch_parameters())
    alphas = {id(p) for p in model.arch_parameters()}
    weights = model.weight_parameters()
    assert alphas.isdisjoint(id(p) for p in weights)
    assert len(weights) + len(alphas) == len(list(model.parameters()))
    assert all(p.requires_grad and p.grad is not None for p in weights)


def test_weights_of_the_search_model_without_the_decoder():
    # The published S0 network less its classifier of 2,570 parameters
    with torch.device('meta'):
        model = build(backbone=dict(type='mmnas_mae.DARTSSupernet', space='s0', init_channels=16, layers=8))
    decoder = sum(p.numel() for p in model.neck.parameters())
    assert decoder == 9 * 64 * (64 + 128 + 256) + 3 * 64 + 3 * 64 + 3
    assert sum(p.numel() for p in model.weight_parameters()) - decoder == 1_930_618 - 2_570


def test_a_few_steps_of_the_weights_learn_the_image():
    model, x = build(), images(2) * 0.1 + 1
    optimizer = torch.optim.SGD(model.weight_parameters(), lr=0.05, momentum=0.9)
    losses = []
    for _ in range(15):
        optimizer.zero_grad()
        loss = model(x, mode='loss')['loss']
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]


def test_the_parts_are_interchangeable():
    model = build(
        'sparse',
        backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s2', init_channels=4, layers=3, stem='imagenet'),
        neck=dict(type='mmnas_mae.SingleScaleDecoder'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=8, ratio=0.6),
    )
    assert isinstance(model.neck, SingleScaleDecoder)
    assert model.neck.stride == 32
    result = model.predict(images(2, 128))[1]
    assert result.reconstruction.shape == (3, 128, 128)
    assert float(result.mask.sum()) == -(-256 * 6 // 10) * 64
    assert model.genotype().space == 'darts_s2'


def test_the_state_of_one_model_makes_another():
    model, twin, x = build('sparse').eval(), build('sparse').eval(), images()
    nn.init.normal_(model.arch.alphas['normal'])
    twin.load_state_dict(model.state_dict())
    for a, b in zip(model.predict(x), twin.predict(x)):
        assert torch.equal(a.reconstruction, b.reconstruction)
    assert twin.genotype() == model.genotype()


@pytest.mark.parametrize('masking', ['spark', None, ''])
def test_unknown_masking_is_refused(masking):
    with pytest.raises(ValueError, match=rf"masking must be one of \('input', 'sparse'\), got {masking!r}"):
        build(masking)


def test_no_mask_at_all_is_refused():
    with pytest.raises(ValueError, match='masks must be a whole number of at least 1, got 0'):
        build(masks=0)


def test_unknown_modes_are_refused():
    model = build()
    assert isinstance(model, MAENAS)
    with pytest.raises(ValueError, match="mode must be 'loss', 'predict' or 'tensor', got 'train'"):
        model(images(), mode='train')
