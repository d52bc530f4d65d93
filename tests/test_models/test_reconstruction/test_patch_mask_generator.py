"""Masks, and what they leave visible of each feature map."""

from collections import Counter

import numpy as np
import pytest
import torch

from mmnas_mae.models import PatchMaskGenerator, Visibility
from mmnas_mae.models.layers.masked_norm import hide


def images(batch=4, height=16, width=16):
    return torch.zeros(batch, 3, height, width)


def patches(mask, size):
    """(B, rows, cols) of a mask that is constant on each patch."""
    blocks = mask[:, 0].unfold(1, size, size).unfold(2, size, size).flatten(3)
    assert torch.equal(blocks.amin(-1), blocks.amax(-1))
    return blocks[..., 0]


@pytest.mark.parametrize(
    'size, ratio, height, width, count',
    [
        (4, 0.5, 32, 32, 32),
        (2, 0.5, 32, 32, 128),
        (16, 0.5, 32, 32, 2),
        (8, 0.6, 32, 32, 10),  # ceil(9.6), as SimMIM
        (8, 0.75, 224, 224, 588),
        (4, 0.28, 20, 20, 7),  # 0.28 * 25 is 7.000000000000001
        (4, (7 + 4e-7) / 25, 20, 20, 7),  # a millionth of a patch is a rounding
        (4, (7 + 4e-6) / 25, 20, 20, 8),
        (4, 0.7, 8, 20, 7),
        (4, 0.1, 8, 20, 1),
        (4, 0.96, 32, 16, 31),
        (1, 0.3, 5, 7, 11),
        (4, 1e-12, 32, 32, 1),  # never none: the loss would have nothing to average
    ],
)
def test_each_image_loses_the_same_number_of_patches(size, ratio, height, width, count):
    mask = PatchMaskGenerator(size, ratio)(images(6, height, width))
    assert mask.shape == (6, 1, height, width)
    grid = patches(mask, size)
    assert grid.flatten(1).sum(1).tolist() == [count] * 6
    assert set(grid.unique().tolist()) == {0.0, 1.0}


def test_masks_have_the_type_of_the_images():
    assert PatchMaskGenerator(4, 0.5)(images().double()).dtype == torch.float64
    assert PatchMaskGenerator(4, 0.5)(images().bfloat16()).dtype == torch.bfloat16


def test_every_choice_of_patches_is_equally_likely():
    # 2 of 4 patches: six choices, 6000 draws; chi-squared with 5 degrees of freedom is below 20.5 in 99.9 %.
    grid = patches(PatchMaskGenerator(4, 0.5, seed=1)(images(6000, 8, 8)), 4).flatten(1)
    counts = Counter(map(tuple, grid.tolist()))
    assert len(counts) == 6
    assert sum((n - 1000) ** 2 / 1000 for n in counts.values()) < 20.5


def test_keyed_masks_are_as_uniform():
    grid = patches(PatchMaskGenerator(4, 0.5, seed=1)(images(6000, 8, 8), keys=range(6000)), 4).flatten(1)
    counts = Counter(map(tuple, grid.tolist()))
    assert sum((n - 1000) ** 2 / 1000 for n in counts.values()) < 20.5


def test_keyed_masks_depend_on_seed_and_key_alone():
    generator = PatchMaskGenerator(4, 0.5, seed=3)
    together = generator(images(5), keys=[7, 1, 9, 7, 0])
    generator(images(11))
    for key, mask in zip([7, 1, 9, 7, 0], together):
        assert torch.equal(PatchMaskGenerator(4, 0.5, seed=3)(images(1), keys=[key])[0], mask)
    assert torch.equal(together[0], together[3])
    assert not torch.equal(together[0], together[1])
    assert not torch.equal(PatchMaskGenerator(4, 0.5, seed=4)(images(5), keys=[7, 1, 9, 7, 0]), together)
    # Any whole number is a key, such as a numpy index.
    assert torch.equal(generator(images(1), keys=np.array([9]))[0], together[2])


@pytest.mark.parametrize(
    'seed, key, patches_masked',
    [(3, 7, '1001011100010110'), (3, 1, '1100001110100011'), (7, 3, '1100011010111000')],
)
def test_the_masks_of_held_out_images_never_change(seed, key, patches_masked):
    """Scores of one day would not compare with those of another; row by row, 1 = masked."""
    mask = PatchMaskGenerator(4, 0.5, seed=seed)(images(1), keys=[key])
    assert ''.join(str(int(each)) for each in patches(mask, 4).flatten()) == patches_masked


def test_the_seed_is_zero_unless_told():
    assert torch.equal(
        PatchMaskGenerator(4, 0.5)(images(3), keys=range(3)), PatchMaskGenerator(4, 0.5, 0)(images(3), keys=range(3))
    )
    assert torch.equal(PatchMaskGenerator(4, 0.5)(images(3)), PatchMaskGenerator(4, 0.5, 0)(images(3)))


def test_keyed_masks_leave_the_stream_alone():
    first, second = PatchMaskGenerator(4, 0.5), PatchMaskGenerator(4, 0.5)
    first(images(), keys=range(4))
    assert torch.equal(first(images()), second(images()))


def test_the_generator_neither_reads_nor_moves_global_random_state():
    torch.manual_seed(1)
    first = PatchMaskGenerator(4, 0.5, seed=5)(images())
    untouched = torch.rand(3)
    torch.manual_seed(1)
    torch.testing.assert_close(torch.rand(3), untouched, rtol=0, atol=0)
    torch.manual_seed(2)
    assert torch.equal(PatchMaskGenerator(4, 0.5, seed=5)(images()), first)
    assert not torch.equal(PatchMaskGenerator(4, 0.5, seed=6)(images()), first)


def test_the_stream_goes_on_from_a_stored_state():
    generator = PatchMaskGenerator(4, 0.5, seed=5)
    generator(images())
    state = generator.generator.get_state()
    following = [generator(images()) for _ in range(3)]
    assert not torch.equal(following[0], following[1])
    restored = PatchMaskGenerator(4, 0.5, seed=99)
    restored.generator.set_state(state)
    for mask in following:
        assert torch.equal(restored(images()), mask)


@pytest.mark.parametrize('ratio', [0, 1, -0.1, 1.5, float('nan')])
def test_ratios_outside_of_0_and_1_are_refused(ratio):
    with pytest.raises(ValueError, match=f'mask_generator.ratio must be a number above 0 and below 1, got {ratio}'):
        PatchMaskGenerator(4, ratio)


@pytest.mark.parametrize(
    'size, ratio, shape, reason',
    [
        (5, 0.5, (16, 16), 'images of 16x16 pixels cannot be cut into patches of 5; mask_generator.patch_size must'),
        (4, 0.5, (16, 18), 'images of 16x18 pixels cannot be cut into patches of 4'),
        (4, 0.5, (2, 2), 'images of 2x2 pixels cannot be cut into patches of 4'),
        (
            16,
            0.5,
            (16, 16),
            'mask_generator.ratio 0.5 masks all 1 patches of a 16x16 image; lower it or the patch_size',
        ),
        (4, 0.99, (16, 16), 'mask_generator.ratio 0.99 masks all 16 patches'),
    ],
)
def test_images_that_cannot_be_masked_are_refused(size, ratio, shape, reason):
    with pytest.raises(ValueError, match=reason):
        PatchMaskGenerator(size, ratio)(images(2, *shape))


def test_a_patch_has_at_least_one_pixel():
    with pytest.raises(ValueError, match='mask_generator.patch_size must be a whole number of at least 1, got 0'):
        PatchMaskGenerator(0, 0.5)


@pytest.mark.parametrize('patch', [1, 2, 4, 8])
@pytest.mark.parametrize('side', [16, 8, 4, 2])
def test_a_position_is_visible_if_any_pixel_under_it_is(patch, side):
    mask = PatchMaskGenerator(patch, 0.7, seed=2)(images(3))
    seen = Visibility(mask).at(torch.zeros(3, 5, side, side))
    stride = 16 // side
    expected = torch.zeros(3, 1, side, side)
    for b in range(3):
        for i in range(side):
            for j in range(side):
                pixels = mask[b, 0, i * stride : (i + 1) * stride, j * stride : (j + 1) * stride]
                expected[b, 0, i, j] = float((pixels == 0).any())
    assert torch.equal(seen, expected)


def test_imagenet_patches_on_coarser_maps():
    # 8-pixel patches at stride 32: a map position covers 16 patches and is hidden only with all of them.
    mask = torch.ones(1, 1, 64, 64)
    mask[..., 40:48, 8:16] = 0
    seen = Visibility(mask)
    with pytest.raises(ValueError, match='fewer than two visible positions on a 2x2 map; lower mask_generator.ratio'):
        seen.at(torch.zeros(1, 3, 2, 2))
    mask[..., 0, 63] = 0
    assert Visibility(mask).at(torch.zeros(1, 3, 2, 2)).tolist() == [[[[0, 1], [1, 0]]]]
    assert float(Visibility(mask).at(torch.zeros(1, 3, 8, 8)).sum()) == 2


def test_maps_of_odd_size():
    mask = torch.ones(1, 1, 7, 7)
    mask[..., 6, 6] = mask[..., 3, 0] = 0
    seen = Visibility(mask).at(torch.zeros(1, 3, 4, 4))[0, 0]
    # Positions of the coarse map cover rows 0-1, 1-3, 3-5 and 5-6.
    assert seen.tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]]


def test_hiding():
    mask = PatchMaskGenerator(4, 0.5)(images(2))
    x = torch.randn(2, 5, 8, 8)
    assert hide(x, None) is x
    expected = x * (1 - mask[:, :, ::2, ::2])
    assert torch.equal(hide(x, Visibility(mask)), expected)
    assert hide(x.bfloat16(), Visibility(mask)).dtype == torch.bfloat16
