"""A search never reads a label."""

import copy
from typing import Any, Callable

import pytest
from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.runner import Runner

from mmnas_mae.datasets import PhotoCrops
from mmnas_mae.registry import DATASETS


class LabelTouchedError(Exception):
    """A label was read."""


class Guarded(dict):
    """A sample whose label may not be looked at."""

    def __getitem__(self, key: str) -> Any:
        if key == 'gt_label':
            raise LabelTouchedError
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default

    def pop(self, key: str, *default: Any) -> Any:
        if key == 'gt_label':
            raise LabelTouchedError
        return super().pop(key, *default)

    def values(self) -> Any:
        raise LabelTouchedError

    def items(self) -> Any:
        raise LabelTouchedError


@DATASETS.register_module()
class GuardedPhotos(PhotoCrops):
    """Photographs with labels that raise when touched."""

    def get_data_info(self, idx: int) -> dict:
        return Guarded(super().get_data_info(idx), gt_label=idx % 7)

    def get_cat_ids(self, idx: int) -> list[int]:
        raise LabelTouchedError


def guard(cfg: Config) -> Config:
    cfg = copy.deepcopy(cfg)
    for name in ('train_dataloader', 'val_dataloader'):
        cfg[name].dataset.dataset.type = 'mmnas_mae.GuardedPhotos'
    return cfg


def test_a_search_goes_through_with_labels_that_raise(search_cfg: Config, run_search: Callable) -> None:
    runner = run_search(guard(search_cfg))
    assert isinstance(runner.train_dataloader.dataset.dataset, GuardedPhotos)
    assert isinstance(runner.train_dataloader.dataset.dataset, BaseDataset)
    assert runner.message_hub.get_scalar('train/loss').data[0].size == runner.iter
    assert runner.model.genotype().space == 'darts_s0'


def test_the_guard_itself_works(search_cfg: Config) -> None:
    """The same data through a pipeline that packs labels raises."""
    cfg = guard(search_cfg)
    cfg.train_dataloader.dataset.dataset.pipeline = [dict(type='PackInputs')]
    with pytest.raises(Exception, match='LabelTouchedError'):
        Runner.from_cfg(cfg).train()
