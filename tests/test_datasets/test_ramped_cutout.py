"""Cutout that comes in with the epochs."""

import numpy as np
import pytest
import torch
from mmengine.dataset import BaseDataset
from torch.utils.data import DataLoader

from mmnas_mae.datasets import PackImages, RampedCutout, SearchSplit


def share_cut(cutout: RampedCutout, epoch: int, count: int = 400) -> float:
    cutout.set_epoch(epoch)
    white = np.full((8, 8, 3), 255, dtype=np.uint8)
    return sum((cutout(dict(img=white))['img'] != 255).any() for _ in range(count)) / count


def test_the_probability_rises_linearly_and_the_image_is_copied() -> None:
    np.random.seed(0)
    cutout = RampedCutout(length=8, epochs=5, prob=0.8)
    assert share_cut(cutout, 0) == 0.0
    assert share_cut(cutout, 2) == pytest.approx(0.4, abs=0.07)
    assert share_cut(cutout, 4) == pytest.approx(0.8, abs=0.06)
    assert share_cut(RampedCutout(length=8, epochs=5), 4) == 1.0


class Whites(BaseDataset):
    def load_data_list(self) -> list:
        return [dict(img=np.full((8, 8, 3), 255, dtype=np.uint8)) for _ in range(64)]


@pytest.mark.parametrize('workers', [0, 1])
def test_a_split_tells_the_transform_its_epoch_in_running_workers_too(workers: int) -> None:
    data = Whites(pipeline=[RampedCutout(length=16, epochs=3), PackImages()])
    split = SearchSplit(data, 'weights', parts=[('weights', 1.0)])
    loader = DataLoader(
        split, batch_size=8, num_workers=workers, persistent_workers=workers > 0, collate_fn=lambda batch: batch
    )
    shares = []
    for epoch in (0, 1, 2, 0):
        split.set_epoch(epoch)
        images = torch.stack([sample['inputs'] for batch in loader for sample in batch])
        shares.append(float((images != 255).flatten(1).any(1).float().mean()))
    assert shares[0] == shares[3] == 0.0
    assert shares[1] == pytest.approx(0.5, abs=0.2)
    assert shares[2] == 1.0


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(length=0, epochs=1), 'RampedCutout.length must be at least 1, got 0'),
        (dict(length=1, epochs=0), 'RampedCutout.epochs must be a whole number of at least 1, got 0'),
        (dict(length=1, epochs=1, prob=2), r'RampedCutout.prob must lie in \[0, 1\], got 2'),
    ],
)
def test_bad_settings_are_named(settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        RampedCutout(**settings)
