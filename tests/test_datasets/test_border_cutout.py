"""The cutout of DARTS: where the square lies and how much of it."""

import numpy as np
import pytest

from mmnas_mae.datasets import BorderCutout


def test_a_square_around_a_uniform_centre_is_covered() -> None:
    np.random.seed(0)
    cutout = BorderCutout(length=4, pad_val=(1, 2, 3))
    areas, centres = [], np.zeros((10, 10))
    for _ in range(2000):
        image = cutout(dict(img=np.zeros((10, 10, 3), dtype=np.uint8)))['img']
        covered = image[..., 0] == 1
        assert np.array_equal(image[covered], np.tile([1, 2, 3], (covered.sum(), 1)))
        areas.append(covered.sum())
        centres += covered
    assert max(areas) == 16
    assert min(areas) == 4  # a centre in the upper left corner leaves a quarter
    # A pixel is covered by 16 of 100 centres in the middle, by 6 in the corner (0, 0): rows -2 to 1 before it.
    assert centres[5, 5] / 2000 == pytest.approx(0.16, abs=0.025)
    assert centres[0, 0] / 2000 == pytest.approx(0.09, abs=0.025)


def test_the_mean_area_is_that_of_darts() -> None:
    """Every centre of quark0/darts (cnn/utils.py: Cutout) in turn, as many pixels as rows and columns are left."""
    left = [min(32, c + 8) - max(0, c - 8) for c in range(32)]
    expected = sum(a * b for a in left for b in left) / 32**2
    assert expected == 196
    np.random.seed(0)
    cutout, white = BorderCutout(length=16), np.full((32, 32, 1), 255, dtype=np.uint8)
    cutout.pad_val = (0,)
    areas = [(cutout(dict(img=white))['img'] == 0).sum() for _ in range(4000)]
    assert np.mean(areas) == pytest.approx(expected, abs=2.5)  # three standard errors
    assert np.mean(np.array(areas) == 256) == pytest.approx((17 / 32) ** 2, abs=0.03)


def test_the_probability_is_kept() -> None:
    np.random.seed(0)
    white = np.full((8, 8, 3), 255, dtype=np.uint8)
    cut = [(BorderCutout(length=8, prob=0.3)(dict(img=white))['img'] != 255).any() for _ in range(400)]
    assert np.mean(cut) == pytest.approx(0.3, abs=0.07)
    with pytest.raises(ValueError, match=r'BorderCutout.prob must lie in \[0, 1\], got 2'):
        BorderCutout(length=1, prob=2)
