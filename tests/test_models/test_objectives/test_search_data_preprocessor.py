"""Crop and flip of whole batches against the transforms they stand for."""

from typing import Callable

import numpy as np
import pytest
import torch
from mmcv.transforms import RandomFlip
from mmengine.config import Config
from mmpretrain.datasets import RandomCrop

from mmnas_mae.datasets import ArrayImages, PhotoCrops, SearchSplit
from mmnas_mae.models import SearchDataPreprocessor, crop_and_flip

NORM = dict(mean=[125.307, 122.961, 113.8575], std=[62.9932, 62.0887, 66.7049])


def test_crop_and_flip_equal_a_loop_with_the_librarys_transforms() -> None:
    images = torch.randint(0, 256, (6, 3, 8, 10), dtype=torch.uint8)
    tops, lefts = torch.tensor([0, 8, 4, 3, 1, 7]), torch.tensor([8, 0, 4, 2, 5, 6])
    flips = torch.tensor([True, False, False, True, True, False])
    found = crop_and_flip(images, tops, lefts, flips, padding=4)
    crop, flip = RandomCrop(crop_size=(8, 10), padding=4), RandomFlip(prob=1.0, direction='horizontal')
    for i, image in enumerate(images):
        crop.rand_crop_params = lambda img, i=i: (int(tops[i]), int(lefts[i]), 8, 10)
        results = crop(dict(img=image.permute(1, 2, 0).numpy().copy()))
        results = flip(results) if flips[i] else results
        assert np.array_equal(found[i].permute(1, 2, 0).numpy(), results['img'])


def test_draws_are_uniform_and_independent() -> None:
    """The place of a single bright pixel tells corner and flip."""
    preprocessor = SearchDataPreprocessor(padding=1, seed=3)
    images = torch.zeros(9000, 1, 5, 5, dtype=torch.uint8)
    images[:, :, 2, 1] = 1
    places = preprocessor.augment(images)[:, 0].flatten(1).argmax(1)
    rows, cols = places.div(5, rounding_mode='floor'), places % 5
    counts = torch.bincount(rows, minlength=5)
    assert torch.all((counts[1:4] / 9000 - 1 / 3).abs() < 0.02)
    assert int(counts[[0, 4]].sum()) == 0
    # Column 0, 1 or 2, or mirrored 4, 3 or 2: both meet in the middle.
    expected = torch.tensor([1, 1, 2, 1, 1]) / 6
    assert torch.all((torch.bincount(cols, minlength=5) / 9000 - expected).abs() < 0.02)
    joint = torch.bincount((rows - 1) * 5 + cols, minlength=15).view(3, 5) / 9000
    assert torch.all((joint - expected / 3).abs() < 0.015)


def test_normalisation_is_mmengines_and_evaluation_leaves_images_alone() -> None:
    preprocessor = SearchDataPreprocessor(**NORM)
    images = torch.randint(0, 256, (4, 3, 8, 8), dtype=torch.uint8)
    mean, std = (torch.tensor(NORM[key]).view(1, 3, 1, 1) for key in ('mean', 'std'))
    torch.testing.assert_close(preprocessor(dict(inputs=images))['inputs'], (images - mean) / std)
    state = preprocessor.generator.get_state()
    out = preprocessor(dict(inputs=images, data_samples=['kept']), training=True)
    assert out['data_samples'] == ['kept']
    assert not torch.equal(preprocessor.generator.get_state(), state)
    preprocessor.generator.set_state(state)
    torch.testing.assert_close(out['inputs'], (preprocessor.augment(images) - mean) / std)
    # A list of images is stacked first; the same draws give the same batch.
    preprocessor.generator.set_state(state)
    assert torch.equal(preprocessor(dict(inputs=list(images)), training=True)['inputs'], out['inputs'])


def test_array_holds_the_images_of_the_data_set() -> None:
    source = PhotoCrops(size=16, stride=64)
    array = ArrayImages(dict(type='mmnas_mae.PhotoCrops', size=16, stride=64))
    assert len(array) == len(source)
    for i in (0, len(source) - 1):
        assert np.array_equal(array[i]['inputs'].permute(1, 2, 0).numpy(), source.get_data_info(i)['img'])
        assert array[i]['data_samples'].sample_idx == i
        assert 'gt_label' not in array[i]['data_samples']
    split = SearchSplit(array, part='arch')
    assert torch.equal(split[3]['inputs'], array.images[split.indices[3]])


def test_settings_out_of_range() -> None:
    with pytest.raises(ValueError, match='flip_prob must lie between 0 and 1, got 2'):
        SearchDataPreprocessor(flip_prob=2)
    with pytest.raises(ValueError, match='padding must be a whole number of at least 0, got -1'):
        SearchDataPreprocessor(padding=-1)
    with pytest.raises(ValueError, match='ArrayImages runs no pipeline'):
        ArrayImages(dict(type='mmnas_mae.PhotoCrops', size=16, pipeline=[dict(type='mmnas_mae.PackImages')]))
    with pytest.raises(ValueError, match='images of one size'):
        SearchDataPreprocessor()(dict(inputs=[torch.zeros(3, 4, 4), torch.zeros(3, 5, 4)]), training=True)


def test_resumed_search_draws_the_same_crops(search_cfg: Config, run_search: Callable) -> None:
    """Two epochs in a row and one, a checkpoint, and one more end in the same weights."""
    cfg = search_cfg
    inner = dict(cfg.train_dataloader.dataset.dataset)
    inner.pop('pipeline', None)
    cfg.train_dataloader.dataset.dataset = dict(type='mmnas_mae.ArrayImages', dataset=inner)
    cfg.model.data_preprocessor = cfg.data_preprocessor = dict(type='mmnas_mae.SearchDataPreprocessor', padding=2)
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    whole = run_search(cfg).model.state_dict()
    first = cfg.work_dir + '/epoch_1.pth'
    cfg.work_dir += '_resumed'
    cfg.load_from, cfg.resume = first, True
    resumed = run_search(cfg).model.state_dict()
    assert all(torch.equal(value, resumed[name]) for name, value in whole.items())
