"""The jitter of the lighting: as mmpretrain's where that is right, never beyond black and white."""

from typing import Union

import numpy as np
import pytest
from mmpretrain.datasets import Lighting

from mmnas_mae.datasets import ClippedLighting

SETTINGS = dict(
    eigval=[55.4625, 4.794, 1.1475],
    eigvec=[[-0.5836, -0.6948, 0.4203], [-0.5808, -0.0045, -0.8140], [-0.5675, 0.7192, 0.4009]],
    alphastd=0.1,
)


def jittered(transform: Union[ClippedLighting, Lighting], colour: int, dtype: type = np.uint8) -> np.ndarray:
    """One pixel under 200 draws, (200, 3)."""
    np.random.seed(0)
    pixel = np.full((1, 1, 3), colour, dtype=dtype)
    return np.concatenate([transform(dict(img=pixel))['img'][0] for _ in range(200)])


@pytest.mark.parametrize('colour', [0, 255])
def test_black_and_white_never_wrap(colour: int) -> None:
    pixels = jittered(ClippedLighting(**SETTINGS), colour)
    assert pixels.dtype == np.uint8
    assert np.abs(pixels.astype(int) - colour).max() < 30  # five deviations of the largest component
    assert (pixels == colour).any()
    assert (pixels != colour).any()
    # The transform that it replaces turns black into white and white into black.
    assert np.abs(jittered(Lighting(**SETTINGS), colour).astype(int) - colour).max() > 200


@pytest.mark.parametrize('dtype', [np.uint8, np.float32])
def test_in_the_middle_it_is_that_of_mmpretrain(dtype: type) -> None:
    ours, theirs = (jittered(transform(**SETTINGS), 128, dtype) for transform in (ClippedLighting, Lighting))
    assert ours.dtype == theirs.dtype
    assert np.array_equal(ours, theirs)
    assert len(np.unique(ours)) > 10


def test_the_image_that_came_is_kept() -> None:
    image = np.full((2, 2, 3), 128, dtype=np.uint8)
    results = dict(img=image, sample_idx=3)
    assert ClippedLighting(**SETTINGS)(results)['sample_idx'] == 3
    assert (image == 128).all()


def test_settings_that_do_not_agree_are_refused() -> None:
    with pytest.raises(ValueError, match=r'a column for each of the eigenvalues, got \(3, 3\) for \(2,\)'):
        ClippedLighting(SETTINGS['eigval'][:2], SETTINGS['eigvec'])
    with pytest.raises(ValueError, match='ClippedLighting.alphastd must be a number of at least 0, got -1'):
        ClippedLighting(**dict(SETTINGS, alphastd=-1))
