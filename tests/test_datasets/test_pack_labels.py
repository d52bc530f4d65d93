import numpy as np
import pytest
import torch

from mmnas_mae.datasets import PackImages
from mmnas_mae.registry import TRANSFORMS

IMAGE = np.zeros((4, 6, 3), np.uint8)


@pytest.mark.parametrize('label', [3, np.int64(3), np.uint8(3)])
def test_a_label_is_packed_where_it_is_asked_for(label):
    pack = TRANSFORMS.build(dict(type='mmnas_mae.PackImages', with_label=True))
    sample = pack(dict(img=IMAGE, sample_idx=7, gt_label=label))['data_samples']
    assert torch.equal(sample.gt_label, torch.tensor([3]))
    assert sample.gt_label.dtype == torch.int64
    assert sample.keys() == ['gt_label']
    assert sample.metainfo == dict(sample_idx=7)


def test_and_nowhere_else():
    sample = PackImages()(dict(img=IMAGE, gt_label=3))['data_samples']
    assert 'gt_label' not in sample


def test_a_missing_label_is_named():
    with pytest.raises(ValueError, match="found no 'gt_label'; the data set must read labels"):
        PackImages(with_label=True)(dict(img=IMAGE))


@pytest.mark.parametrize('label', [[1, 2], '3', 0.5, np.array([1])])
def test_a_label_that_is_no_whole_number_is_named(label):
    with pytest.raises(TypeError, match='expects one whole number as gt_label, got'):
        PackImages(with_label=True)(dict(img=IMAGE, gt_label=label))
