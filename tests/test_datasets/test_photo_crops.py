import hashlib

import numpy as np
import pytest

from mmnas_mae.datasets import PhotoCrops, photo_crops
from mmnas_mae.datasets.photo_crops import PHOTOS, load_photo
from mmnas_mae.registry import DATASETS


@pytest.fixture(scope='module')
def train():
    return DATASETS.build(dict(type='mmnas_mae.PhotoCrops'))


@pytest.fixture(scope='module')
def val():
    return DATASETS.build(dict(type='mmnas_mae.PhotoCrops', split='val'))


def covered(dataset, photo, shape):
    """Pixels of a photograph that some crop holds."""
    area = np.zeros(shape, dtype=bool)
    for _, top, left in dataset.boxes[dataset.boxes[:, 0] == photo]:
        area[top : top + dataset.size, left : left + dataset.size] = True
    return area


def test_counts(train, val):
    assert len(train) == 3959
    assert len(val) == 210
    assert train.images.shape == (3959, 32, 32, 3)
    assert train.images.dtype == np.uint8
    assert set(train.boxes[:, 0]) == set(val.boxes[:, 0]) == set(range(7))


@pytest.mark.parametrize('settings', [{}, dict(size=16, stride=5), dict(size=64, downscale=1), dict(holdout=0.35)])
def test_train_and_val_share_no_pixel(settings):
    parts = [PhotoCrops(split=split, **settings) for split in ('train', 'val')]
    for number, photo in enumerate(PHOTOS):
        shape = load_photo(*photo, parts[0].downscale).shape[:2]
        areas = [covered(part, number, shape) for part in parts]
        assert all(area.any() for area in areas)
        assert not (areas[0] & areas[1]).any()


def test_crops_are_the_pixels_of_their_boxes(val):
    for index in (0, 77, 209):
        photo, top, left = val.boxes[index]
        expected = load_photo(*PHOTOS[photo], 2)[top : top + 32, left : left + 32]
        info = val[index]
        assert np.array_equal(info['img'], expected)
        assert info['img_path'] == f'{PHOTOS[photo][0]}/{PHOTOS[photo][2]}#{top},{left}'
        assert (info['sample_idx'], info['img_shape'], info['ori_shape']) == (index, (32, 32), (32, 32))


def test_downscale_averages_areas():
    full = load_photo(*PHOTOS[2]).astype(float)
    blocks = full.reshape(200, 2, 300, 2, 3).mean((1, 3))
    assert np.abs(load_photo(*PHOTOS[2], 2) - blocks).max() <= 0.5


def test_crops_have_content(train, val):
    for dataset in (train, val):
        spread = dataset.images.std((1, 2, 3))
        assert spread.mean() > 40
        assert (spread < 4).mean() < 0.01  # flat surfaces: sky
    assert len({hashlib.sha1(image.tobytes()).digest() for image in train.images}) == len(train)


def test_is_deterministic_and_a_sample_cannot_change_it(train):
    again = PhotoCrops()
    again[3]['img'][:] = 0
    assert np.array_equal(again.images, train.images)


def test_indices(train):
    few = PhotoCrops(indices=5)
    assert len(few) == 5
    assert np.array_equal(few[4]['img'], train[4]['img'])


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(split='test'), r"split must be one of \('train', 'val'\), got 'test'"),
        (dict(size=0), r'PhotoCrops\.size must be at least 1, got 0'),
        (dict(stride=0), r'PhotoCrops\.stride must be at least 1'),
        (dict(downscale=0), r'PhotoCrops\.downscale must be at least 1'),
        (dict(holdout=1.0), r'PhotoCrops\.holdout must lie between 0 and 1, got 1\.0'),
        (dict(size=2000), 'no photograph holds a train crop of size 2000 with downscale 2'),
        (dict(size=512, downscale=1), 'no photograph holds a train crop of size 512'),
    ],
)
def test_errors_of_settings(settings, message):
    with pytest.raises(ValueError, match=message) as info:
        PhotoCrops(**settings)
    assert '\n' not in str(info.value)


def test_missing_package_names_the_extra(monkeypatch):
    monkeypatch.setattr(photo_crops, 'find_spec', lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r'scikit-image, which is not installed: pip install scikit-image'):
        PhotoCrops()


def test_missing_photograph_names_the_package(monkeypatch):
    monkeypatch.setattr(photo_crops, 'PHOTOS', (('skimage', 'scikit-image', 'data/none.png'),))
    with pytest.raises(FileNotFoundError, match=r'scikit-image came without the photograph data/none\.png'):
        PhotoCrops()
