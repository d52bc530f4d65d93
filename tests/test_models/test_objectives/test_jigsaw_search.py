"""Jigsaw puzzles: the permutations, and the tiles."""

from itertools import permutations

import pytest
import torch
from mmengine.structures import BaseDataElement

from mmnas_mae.models.objectives.jigsaw_search import distant_permutations
from mmnas_mae.registry import MODELS

MEAN, STD = [120.0, 110.0, 100.0], [60.0, 50.0, 40.0]


def build(**kwargs):
    return MODELS.build(
        dict(
            type='mmnas_mae.JigsawSearch',
            backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=2, layers=3),
            head=dict(type='mmnas_mae.LinearHead'),
            data_preprocessor=dict(type='ImgDataPreprocessor', mean=MEAN, std=STD),
            **kwargs,
        )
    )


def coordinates(batch, side):
    """Images whose red is the row, whose green the column, and whose blue is 0."""
    lines = torch.arange(side).float()
    image = torch.stack([lines.view(-1, 1).expand(side, side), lines.expand(side, side), torch.zeros(side, side)])
    return image.expand(batch, 3, side, side).clone()


def samples(*indices):
    return [BaseDataElement(metainfo=dict(sample_idx=index)) for index in indices]


# --- permutations


def test_two_by_two_tiles_have_all_24_permutations():
    assert distant_permutations(4, 1000).tolist() == [list(p) for p in permutations(range(4))]
    model = build()
    assert model.orders.shape == (24, 4)
    assert model.head.linear.weight.shape == (24, 4 * 32)


def test_the_1000_permutations_of_nine_tiles_are_far_apart():
    orders = distant_permutations(9, 1000)
    assert orders.shape == (1000, 9)
    assert torch.equal(orders.sort(1).values, torch.arange(9).expand(1000, 9))
    distances = (orders.unsqueeze(1) != orders).sum(2)
    distances.fill_diagonal_(9)
    # No two are equal; pairs of random permutations would come as near as 2.
    assert int(distances.min()) >= 5
    # A set of nine in which all places differ: as large as such a set can be
    assert int(distances[:9, :9].min()) == 9
    assert torch.equal(orders, distant_permutations(9, 1000))
    assert not torch.equal(orders, distant_permutations(9, 1000, seed=1))


def test_each_permutation_is_as_far_as_possible_from_those_before():
    candidates = torch.tensor(list(permutations(range(5))))
    chosen = distant_permutations(5, 20, seed=4)
    for i in range(1, 20):
        nearest = (candidates.unsqueeze(1) != chosen[:i]).sum(2).amin(1)
        assert int((chosen[i] != chosen[:i]).sum(1).min()) == int(nearest.max())


# --- tiles


@pytest.mark.parametrize('grid, side, patch, tile', [(2, 32, 16, 12), (3, 255, 85, 64)])
def test_the_tiles_put_in_order_are_the_image(grid, side, patch, tile):
    """At a ratio of 1 exactly; at 0.76 each tile is a crop of its own patch."""
    whole = build(grid=grid, num_permutations=30, tile_ratio=1.0, grey_prob=0.0)
    x = torch.rand(2, 3, side, side)
    tiles, target = whole.task(x, None)
    tiles = tiles.view(2, grid**2, 3, patch, patch)
    for image, shuffled, order in zip(x, tiles, whole.orders[target]):
        for k in range(grid**2):
            row, column = divmod(k, grid)
            part = image[:, row * patch : (row + 1) * patch, column * patch : (column + 1) * patch]
            expected = (part - part.mean()) / part.std(correction=0)
            torch.testing.assert_close(shuffled[order[k]], expected, rtol=1e-4, atol=1e-5)

    model = build(grid=grid, num_permutations=30, grey_prob=0.0)
    tiles, target = model.task(coordinates(4, side), None)
    assert tiles.shape == (4 * grid**2, 3, tile, tile)
    gaps = set()
    for shuffled, order in zip(tiles.view(4, grid**2, 3, tile, tile), model.orders[target]):
        for k in range(grid**2):
            # Undo the normalisation: blue is 0, and neighbouring rows differ by 1.
            scale = shuffled[order[k], 0, 1, 0] - shuffled[order[k], 0, 0, 0]
            rows, columns, _ = (shuffled[order[k]] - shuffled[order[k], 2]) / scale
            top, left = round(float(rows[0, 0])), round(float(columns[0, 0]))
            lines = torch.arange(tile).float()
            torch.testing.assert_close(rows, (top + lines).view(-1, 1).expand(tile, tile), atol=2e-2, rtol=0)
            torch.testing.assert_close(columns, (left + lines).expand(tile, tile), atol=2e-2, rtol=0)
            assert (top // patch, left // patch) == divmod(k, grid)
            gaps |= {top % patch, left % patch}
    assert max(gaps) <= patch - tile
    assert len(gaps) > 3


def test_each_tile_is_normalised_by_itself():
    model = build(grey_prob=0.0)
    tiles, _ = model.task(3 + 7 * torch.rand(5, 3, 32, 32), None)
    torch.testing.assert_close(tiles.mean((1, 2, 3)), torch.zeros(20), atol=1e-5, rtol=0)
    torch.testing.assert_close(tiles.std((1, 2, 3), correction=0), torch.ones(20))
    # A tile of one colour has no contrast to normalise.
    assert not model.task(torch.full((1, 3, 32, 32), 4.0), None)[0].any()


def test_thirty_percent_of_the_training_images_are_grey():
    model = build(tile_ratio=1.0)
    pixels = torch.randint(0, 256, (2000, 3, 4, 4), generator=torch.Generator().manual_seed(0)).float()
    inputs = model.data_preprocessor(dict(inputs=pixels))['inputs']
    tiles, target = model.task(inputs, None)
    # In a grey image the channels differ by an affine function only: by mean and std.
    raw = inputs.clone()
    light = (pixels * torch.tensor([0.2125, 0.7154, 0.0721]).view(3, 1, 1)).sum(1, keepdim=True)
    grey = (light - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(STD).view(3, 1, 1)
    shares = []
    for versions in (raw, grey):
        parts = versions.unfold(2, 2, 2).unfold(3, 2, 2).permute(0, 2, 3, 1, 4, 5).reshape(2000, 4, 3, 2, 2)
        parts = parts - parts.mean((2, 3, 4), keepdim=True)
        parts = parts / parts.std((2, 3, 4), correction=0, keepdim=True)
        placed = tiles.view(2000, 4, 3, 2, 2)[torch.arange(2000).unsqueeze(1), model.orders[target]]
        shares.append(((placed - parts).abs().amax((1, 2, 3, 4)) < 1e-3).float().mean().item())
    assert sum(shares) == pytest.approx(1)
    assert shares[1] == pytest.approx(0.3, abs=0.04)  # 4 standard deviations


def test_all_permutations_are_asked_equally_often():
    model = build(grey_prob=0.0)
    _, target = model.task(torch.rand(4800, 3, 4, 4), None)
    counts = torch.bincount(target, minlength=24)
    # Chi-square with 23 degrees of freedom: below 49.7 with probability 0.999
    assert float(((counts - 200) ** 2 / 200).sum()) < 49.7


def test_the_features_of_all_tiles_are_read_in_their_places():
    model, x = build(), torch.randn(2, 3, 32, 32)
    prepared = model.prepare(x)
    loss = model.losses(**prepared)['loss']
    pooled = model.backbone(prepared['images'])[-1].mean((2, 3)).view(2, 4, 32)
    logits = torch.stack([model.head.linear(torch.cat(list(tiles))) for tiles in pooled])
    torch.testing.assert_close(loss, torch.nn.functional.cross_entropy(logits, prepared['target']))


# --- randomness


def test_puzzles_come_from_the_models_own_generator():
    model, x = build(), torch.rand(3, 3, 16, 16)
    assert model.generators() == [model.generator]
    state = model.generator.get_state()
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    first, second = model.prepare(x), model.prepare(x)
    assert torch.equal(torch.rand(2), expected)
    assert not torch.equal(first['images'], second['images'])
    model.generator.set_state(state)
    again = model.prepare(x)
    assert torch.equal(first['images'], again['images'])
    assert torch.equal(first['target'], again['target'])


def test_a_held_out_puzzle_depends_on_the_image_alone_and_keeps_its_colours():
    model = build(grey_prob=1.0).eval()
    x = torch.rand(3, 3, 16, 16)
    state = model.generator.get_state()
    tiles, target = model.task(x, samples(7, 8, 9), keys=[7, 8, 9])
    assert torch.equal(model.generator.get_state(), state)
    turned, reversed_target = model.task(x.flip(0), None, keys=[9, 8, 7])
    assert torch.equal(tiles, turned.view(3, 4, 3, 6, 6).flip(0).flatten(0, 1))
    assert torch.equal(target, reversed_target.flip(0))
    assert len(set(model.task(x[:1].expand(50, 3, 16, 16), None, keys=range(50))[1].tolist())) > 15
    # In a grey image of these mean and std, red is two thirds of blue up to a constant.
    red, blue = (tiles[:, c] - tiles[:, c].mean((1, 2), keepdim=True) for c in (0, 2))
    assert float((red * 60 - blue * 40).abs().max()) > 1


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(grid=4), 'JigsawSearch.grid must be 2 or 3, got 4'),
        (dict(tile_ratio=0.0), r'JigsawSearch.tile_ratio must lie in \(0, 1\], got 0.0'),
        (dict(tile_ratio=1.2), r'JigsawSearch.tile_ratio must lie in \(0, 1\], got 1.2'),
        (dict(grey_prob=1.5), r'JigsawSearch.grey_prob must lie in \[0, 1\], got 1.5'),
        (dict(num_permutations=1), 'num_permutations must be at least 2, got 1'),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(ValueError, match=message):
        build(**settings)


def test_images_that_are_too_small_are_named():
    with pytest.raises(ValueError, match='JigsawSearch cannot cut images of 2x2 pixels into 2x2 tiles'):
        build()(torch.rand(1, 3, 2, 2), mode='loss')
