"""What a reconstruction is compared in: each target against a loop, one element after the other."""

import pytest
import torch
from mmengine.structures import BaseDataElement

from mmnas_mae.models import MaskedReconstructionHead, PatchMaskGenerator, PerScaleDecoder
from mmnas_mae.registry import MODELS

PATCH = 2
TARGETS = ['PatchNormTarget', 'GradientTarget']


def head(target):
    return MaskedReconstructionHead(dict(type=f'mmnas_mae.{target}'), patch_size=PATCH)


def batch(equal=True):
    images, reconstruction = torch.randn(2, 3, 3, 8, 6, dtype=torch.float64)
    mask = PatchMaskGenerator(PATCH, 0.4)(images)
    if not equal:
        mask[0] = 0
        mask[0, :, 2:4, 4:6] = 1
    return reconstruction, images, mask


def patch_norm_errors(reconstruction, images, mask):
    """facebookresearch/mae: models_mae.py, forward_loss, with the absolute error, for one image."""
    errors = []
    for top in range(0, 8, PATCH):
        for left in range(0, 6, PATCH):
            if not mask[0, top, left]:
                continue
            where = (slice(None), slice(top, top + PATCH), slice(left, left + PATCH))
            patch = images[where].reshape(-1)
            target = (patch - patch.mean()) / (patch.var() + 1.0e-6) ** 0.5
            errors += (reconstruction[where].reshape(-1) - target).abs().tolist()
    return errors


def gradient_errors(reconstruction, images, mask):
    """Differences of the image whose masked pixels are the reconstruction's, for one image."""
    picture = [
        [[(reconstruction if mask[0, i, j] else images)[c, i, j].item() for j in range(6)] for i in range(8)]
        for c in range(3)
    ]
    errors = []
    for c in range(3):
        for i in range(8):
            for j in range(6):
                for k, m in ((i + 1, j), (i, j + 1)):
                    if k < 8 and m < 6 and (mask[0, i, j] or mask[0, k, m]):
                        true = images[c, k, m].item() - images[c, i, j].item()
                        errors.append(abs(picture[c][k][m] - picture[c][i][j] - true))
    return errors


@pytest.mark.parametrize('equal', [True, False])
@pytest.mark.parametrize(
    'target, errors', [('PatchNormTarget', patch_norm_errors), ('GradientTarget', gradient_errors)]
)
def test_the_loss_is_the_mean_over_what_the_target_counts(target, errors, equal):
    data = batch(equal)
    each = [errors(*(part[i] for part in data)) for i in range(3)]
    total = sum(map(sum, each)) / sum(map(len, each))
    assert float(head(target).loss(*data)['loss']) == pytest.approx(total, rel=1e-10)
    expected = torch.tensor([sum(values) / len(values) for values in each]).double()
    torch.testing.assert_close(head(target).per_image(*data), expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize('target', ['PixelTarget', *TARGETS])
def test_the_image_itself_has_no_loss_and_visible_pixels_count_for_nothing(target):
    reconstruction, images, mask = batch()
    judge = head(target)
    # What the decoder should give, found from how its output is drawn: output * scale + shift.
    shift = judge.pixels(torch.zeros_like(images), images)
    perfect = (images - shift) / (judge.pixels(torch.ones_like(images), images) - shift)
    torch.testing.assert_close(judge.pixels(perfect, images), images)
    assert float(judge.loss(perfect, images, mask)['loss']) < 1e-12
    reconstruction.requires_grad_()
    (gradient,) = torch.autograd.grad(judge.loss(reconstruction, images, mask)['loss'], reconstruction)
    assert float((gradient * (1 - mask)).abs().sum()) == 0
    assert float((gradient * mask).abs().sum()) > 0
    # The error that all objectives share is in pixels, whatever the target.
    pixels = judge.pixels(reconstruction, images)
    torch.testing.assert_close(
        judge.pixel_error(pixels, images, mask), MaskedReconstructionHead().per_image(pixels, images, mask)
    )


def test_the_brightness_of_a_hole_is_not_free_in_gradients():
    _, images, mask = batch(equal=False)
    moved = images[:1] + 0.5
    # A hole of 2x2 at the right border, away from the corners: 4 of its 8 differences per channel leave it upwards
    # or downwards, 2 to the left, 4 stay within.
    loss = float(head('GradientTarget').loss(moved, images[:1], mask[:1])['loss'])
    assert loss == pytest.approx(0.5 * 6 / 10)


def test_patches_are_normalised_by_the_side_of_the_mask():
    with pytest.raises(ValueError, match='PatchNormTarget.patch_size must be that of the mask generator, got None'):
        MaskedReconstructionHead(dict(type='mmnas_mae.PatchNormTarget'))
    reconstruction, images, mask = batch()
    judge = head('PatchNormTarget')
    assert torch.equal(judge.target(reconstruction, images, mask)[1], mask)
    normalised = reconstruction - judge.target(reconstruction, images, mask)[0]
    patches = normalised.unfold(2, PATCH, PATCH).unfold(3, PATCH, PATCH).permute(0, 2, 3, 1, 4, 5).flatten(3)
    torch.testing.assert_close(patches.mean(3), torch.zeros_like(patches[..., 0]), rtol=0, atol=1e-12)
    torch.testing.assert_close(patches.var(3), torch.ones_like(patches[..., 0]), rtol=1e-4, atol=0)


def test_several_reconstructions_have_the_mean_of_their_losses():
    _, images, mask = batch()
    several = [torch.randn_like(images) for _ in range(3)]
    for target in ('PixelTarget', *TARGETS):
        judge = head(target)
        losses = torch.stack([judge.loss(each, images, mask)['loss'] for each in several])
        torch.testing.assert_close(judge.loss(several, images, mask)['loss'], losses.mean())
        per_image = torch.stack([judge.per_image(each, images, mask) for each in several])
        torch.testing.assert_close(judge.per_image(several, images, mask), per_image.mean(0))
        pixels = torch.stack([judge.pixels(each, images) for each in several])
        torch.testing.assert_close(judge.pixels(several, images), pixels.mean(0))


def test_a_decoder_per_scale_reads_one_feature_for_each_image():
    channels, strides, sides = (6, 8, 10), (1, 2, 4), (8, 4, 2)
    decoder = PerScaleDecoder(channels, strides).double()
    features = [torch.randn(2, c, side, side, dtype=torch.float64) for c, side in zip(channels, sides)]
    outputs = decoder(features)
    assert [tuple(out.shape) for out in outputs] == [(2, 3, 8, 8)] * 3
    for i in range(3):
        changed = decoder([x + 1 if k == i else x for k, x in enumerate(features)])
        assert [bool((a != b).all()) for a, b in zip(changed, outputs)] == [k == i for k in range(3)]
        alone, s = decoder.decoders[i], strides[i]
        # A pixel is the linear map of the nine positions around its own: output channel c s s + (i % s) s + j % s.
        x = torch.nn.functional.pad(features[i], (1, 1, 1, 1))[:, :, 1:4, 0:3]
        middle = torch.einsum('ockl,bckl->bo', alone.convs[0].weight, x) + alone.convs[0].bias
        patch = middle @ alone.linear.weight[:, :, 0, 0].T + alone.linear.bias
        torch.testing.assert_close(outputs[i][:, :, s : 2 * s, 0:s], patch[:, 0 : 3 * s * s].view(2, 3, s, s))
    assert sum(p.numel() for p in decoder.parameters()) == sum(
        9 * c * c + c + (c + 1) * 3 * s * s for c, s in zip(channels, strides)
    )
    assert PerScaleDecoder(channels, strides, channels=4).decoders[2].linear.in_channels == 4


def search_model(**kwargs):
    torch.manual_seed(0)
    cfg = dict(
        type='mmnas_mae.MAENAS',
        backbone=dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1),
        neck=dict(type='mmnas_mae.HierarchicalDecoder'),
        head=dict(type='mmnas_mae.MaskedReconstructionHead'),
        mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5, seed=3),
    )
    return MODELS.build({**cfg, **kwargs})


@pytest.mark.parametrize('masking', ['input', 'sparse'])
@pytest.mark.parametrize(
    'parts',
    [
        dict(head=dict(type='mmnas_mae.MaskedReconstructionHead', target=dict(type='mmnas_mae.PatchNormTarget'))),
        dict(head=dict(type='mmnas_mae.MaskedReconstructionHead', target=dict(type='mmnas_mae.GradientTarget'))),
        dict(neck=dict(type='mmnas_mae.PerScaleDecoder')),
    ],
)
def test_a_search_model_learns_and_predicts_with_each(parts, masking):
    model, x = search_model(masking=masking, **parts), torch.randn(2, 3, 16, 16)
    assert model.head.target.patch_size == 4
    with torch.no_grad():
        results = model.predict(x)
        mask = model.fixed_mask(x, [BaseDataElement() for _ in x])
        reconstruction = model.reconstruct(x, mask)
        expected = model.head.per_image(reconstruction, x, mask)
    for i, result in enumerate(results):
        torch.testing.assert_close(result.loss, expected[i])
        error = (result.reconstruction - x[i]).abs()[result.mask.expand(3, -1, -1) == 1].mean()
        torch.testing.assert_close(result.l1, error)
        assert float(result.l1) != pytest.approx(float(result.loss), rel=1e-3)
    optimizer = torch.optim.Adam(model.weight_parameters(), lr=0.02)
    prepared = model.prepare(x)
    losses = []
    for _ in range(20):
        optimizer.zero_grad()
        loss = model.losses(**prepared)['loss']
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert all(p.grad is not None for p in model.weight_parameters())
    assert losses[-1] < 0.9 * losses[0]
