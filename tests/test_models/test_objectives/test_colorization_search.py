"""Colourisation: the colour space, the bins, and what is asked of the network."""

import numpy as np
import pytest
import torch
from mmengine.structures import BaseDataElement
from scipy.spatial import ConvexHull
from skimage.color import rgb2lab
from torch import nn

from mmnas_mae.datasets import PhotoCrops
from mmnas_mae.registry import MODELS
from mmnas_mae.utils.lab import ab_bins, rgb_to_lab

MEAN, STD = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]


def build(data_preprocessor=True):
    return MODELS.build(
        dict(
            type='mmnas_mae.ColorizationSearch',
            backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=2, layers=3),
            head=dict(type='mmnas_mae.PixelHead'),
            data_preprocessor=dict(type='ImgDataPreprocessor', mean=MEAN, std=STD) if data_preprocessor else None,
        )
    )


@pytest.fixture(scope='module')
def photos():
    """(6, 16, 16, 3) uint8 RGB crops, one of each of six photographs."""
    data = PhotoCrops(size=16, split='val')
    chosen = np.linspace(0, len(data) - 1, 6).astype(int)
    return np.stack([data.get_data_info(int(i))['img'] for i in chosen])


def to_tensor(pixels):
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(0, 3, 1, 2).float()


def cube(levels):
    """(N, 3) a regular sample of all colours, the extremes among them."""
    return np.stack(np.meshgrid(*[np.linspace(0, 255, levels)] * 3), -1).reshape(-1, 3)


def lab(colours):
    return rgb2lab(colours.reshape(1, -1, 3) / 255)[0]


def test_the_colour_space_is_that_of_skimage(photos):
    mine = rgb_to_lab(to_tensor(photos)).permute(0, 2, 3, 1).numpy()
    np.testing.assert_allclose(mine, rgb2lab(photos), atol=1e-3)
    # Grey has no colour; values outside are clipped.
    extremes = rgb_to_lab(torch.tensor([-40.0, 0.0, 255.0, 300.0]).view(1, 1, 1, 4).expand(1, 3, 1, 4))
    torch.testing.assert_close(extremes[0, 0, 0], torch.tensor([0.0, 0.0, 100.0, 100.0]), atol=1e-3, rtol=0)
    assert float(extremes[0, 1:].abs().max()) < 0.02


def test_there_are_313_bins_on_a_grid_of_ten():
    bins = ab_bins()
    assert bins.shape == (313, 2)
    assert len({tuple(row) for row in bins.tolist()}) == 313
    assert not (bins % 10).any()
    assert bins.tolist() == sorted(bins.tolist())
    # The published grid, row by row: a -> (smallest b, largest b), without gaps
    rows = {a: sorted(b for x, b in bins.tolist() if x == a) for a in range(-90, 101, 10)}
    assert all(row == list(range(row[0], row[-1] + 1, 10)) for row in rows.values())
    assert [len(row) for row in rows.values()] == [
        *(5, 8, 10, 12, 14, 15, 16, 16, 17, 18),
        *(18, 18, 19, 20, 19, 20, 20, 19, 19, 10),
    ]
    assert (rows[-90][0], rows[0][0], rows[60][0], rows[100][-1]) == (50, -70, -110, 0)


def test_the_bins_are_the_corners_of_the_squares_that_the_gamut_touches():
    """The hull of a dense sample of colours, and a dense sample of the hull, in place of support functions."""
    points = lab(cube(33))[:, 1:]
    hull = ConvexHull(points)
    grid = np.arange(-130, 130, 0.2) + 0.1
    plane = np.stack(np.meshgrid(grid, grid, indexing='ij'), -1).reshape(-1, 2)
    inside = np.ones(len(plane), dtype=bool)
    for *normal, offset in hull.equations:
        inside &= plane @ np.array(normal) + offset <= 0
    squares = np.unique(np.floor(plane[inside] / 10).astype(int), axis=0)
    corners = {(10 * (a + i), 10 * (b + j)) for a, b in squares.tolist() for i in (0, 1) for j in (0, 1)}
    assert corners == {tuple(row) for row in ab_bins().tolist()}


def nearest(ab):
    """Distance to, and number of, the nearest bin of each colour (N, 2), by trying all."""
    distances = np.linalg.norm(ab[:, None] - ab_bins().numpy()[None], axis=2)
    return distances.min(1), distances.argmin(1)


def test_the_target_is_the_nearest_bin_of_each_pixel(photos):
    model = build()
    inputs = model.data_preprocessor(dict(inputs=to_tensor(photos)))['inputs']
    _, target = model.task(inputs, None)
    distance, number = nearest(rgb2lab(photos)[..., 1:].reshape(-1, 2))
    assert len(np.unique(number)) > 20
    assert target.flatten().tolist() == number.tolist()
    assert distance.max() <= 50**0.5


def test_no_colour_is_without_a_bin():
    """All corners, edges and a sample of the inside of the colour cube."""
    model = build(data_preprocessor=False)
    colours = cube(18)
    _, target = model.task(torch.from_numpy(colours).float().T.reshape(1, 3, 1, -1), None)
    assert int(target.min()) >= 0
    ab = lab(colours)[:, 1:]
    distance, _ = nearest(ab)
    chosen = np.linalg.norm(ab - ab_bins().numpy()[target.flatten().numpy()], axis=1)
    np.testing.assert_allclose(chosen, distance, atol=1e-3)


def test_the_network_sees_light_and_no_colour(photos):
    model = build()
    inputs = model.data_preprocessor(dict(inputs=to_tensor(photos)))['inputs']
    shown, _ = model.task(inputs, None)
    assert shown.shape == inputs.shape
    light = rgb2lab(photos)[..., 0]
    expected = (light / 100 - np.mean(MEAN) / 255) / (np.mean(STD) / 255)
    for channel in range(3):
        np.testing.assert_allclose(shown[:, channel].numpy(), expected, atol=1e-3)


def test_three_equal_channels_are_one_channel_with_summed_weights():
    """Why the stem keeps three input channels: a stem of one, as UnNAS has, holds the same functions."""
    model = build()
    stem = model.backbone.stem[0]
    single = nn.Conv2d(1, stem.out_channels, 3, padding=1, bias=False)
    with torch.no_grad():
        single.weight.copy_(stem.weight.sum(1, keepdim=True))
    light = torch.randn(2, 1, 8, 8)
    torch.testing.assert_close(stem(light.expand(2, 3, 8, 8)), single(light))


def test_the_loss_is_the_mean_cross_entropy_over_pixels(photos):
    model = build()
    inputs = model.data_preprocessor(dict(inputs=to_tensor(photos)))['inputs']
    loss = model(inputs, mode='loss')['loss'].item()
    shown, target = model.task(inputs, None)
    with torch.no_grad():
        coarse = model.head.conv(model.backbone(shown)[-1])
        logits = nn.functional.interpolate(coarse, (16, 16), mode='bilinear', align_corners=True)
        logp = logits.log_softmax(1).gather(1, target.unsqueeze(1))
    assert coarse.shape == (6, 313, 4, 4)
    assert loss == pytest.approx(-logp.mean().item(), rel=1e-5)


def test_a_held_out_image_is_judged_by_all_its_pixels(photos):
    model = build().eval()
    inputs = model.data_preprocessor(dict(inputs=to_tensor(photos)))['inputs']
    with torch.no_grad():
        results = model(inputs, [BaseDataElement() for _ in inputs], mode='predict')
        shown, target = model.task(inputs, None)
        logits = model.logits(shown)
    for i, result in enumerate(results):
        right = (logits[i].argmax(0) == target[i]).float().mean()
        assert float(result.correct) == pytest.approx(float(right))
        logp = logits[i].log_softmax(0).gather(0, target[i : i + 1])
        assert float(result.loss) == pytest.approx(-float(logp.mean()), rel=1e-4)
