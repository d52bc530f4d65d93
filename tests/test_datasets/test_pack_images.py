import numpy as np
import pytest
import torch
from mmengine.structures import BaseDataElement

from mmnas_mae.datasets import PackImages
from mmnas_mae.registry import TRANSFORMS


def test_packs_image_and_metas_only():
    image = np.random.default_rng(0).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    packed = TRANSFORMS.build(dict(type='mmnas_mae.PackImages'))(
        dict(img=image, sample_idx=7, img_path='a.png', img_shape=(4, 6), gt_label=3, flip=True)
    )
    assert set(packed) == {'inputs', 'data_samples'}
    assert packed['inputs'].dtype == torch.uint8
    assert packed['inputs'].is_contiguous()
    assert np.array_equal(packed['inputs'].numpy(), image.transpose(2, 0, 1))
    sample = packed['data_samples']
    assert type(sample) is BaseDataElement
    assert sample.metainfo == dict(sample_idx=7, img_path='a.png', img_shape=(4, 6))
    assert sample.keys() == []


def test_takes_any_number_of_channels():
    grey = np.arange(20, dtype=np.uint8).reshape(4, 5)
    assert np.array_equal(PackImages(meta_keys=())(dict(img=grey))['inputs'].numpy(), grey[None])
    bands = np.arange(4 * 5 * 7, dtype=np.uint8).reshape(4, 5, 7)
    assert np.array_equal(PackImages(meta_keys=())(dict(img=bands))['inputs'].numpy(), bands.transpose(2, 0, 1))


def test_takes_flipped_views():
    image = np.arange(4 * 6 * 3, dtype=np.uint8).reshape(4, 6, 3)
    packed = PackImages(meta_keys=())(dict(img=image[:, ::-1, ::-1]))
    assert np.array_equal(packed['inputs'].numpy(), image[:, ::-1, ::-1].transpose(2, 0, 1))


@pytest.mark.parametrize(
    'results, error, message',
    [
        (dict(img_path='a.png'), ValueError, "PackImages found no 'img'; the pipeline must load it first"),
        (dict(img=np.zeros((4, 4, 3), np.float32)), TypeError, r'HxWxC uint8 image, got float32 of shape \(4, 4, 3\)'),
        (dict(img=np.zeros(4, np.uint8)), TypeError, r'got uint8 of shape \(4,\)'),
        (dict(img=torch.zeros(3, 4, 4)), TypeError, 'got Tensor; normalisation belongs to the data_preprocessor'),
    ],
)
def test_errors(results, error, message):
    with pytest.raises(error, match=message):
        PackImages()(results)
