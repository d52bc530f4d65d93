"""Fixtures that the whole suite shares."""

import copy
import os
from pathlib import Path
from typing import Callable

import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def _fixed_seed() -> None:
    """Every test starts from the same random state."""
    torch.manual_seed(0)


@pytest.fixture(scope='session')
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope='session')
def data_dir() -> Path:
    """The folder with real images and benchmark tables: MMNAS_DATA, or ../shared/data."""
    return Path(os.environ.get('MMNAS_DATA', REPOSITORY.parent / 'shared' / 'data'))


@pytest.fixture(scope='session')
def data_file(data_dir: Path) -> Callable[[str], Path]:
    """Path of a file of real data; missing, it fails with CI=true and skips elsewhere."""

    def find(name: str) -> Path:
        path = data_dir / name
        if not path.exists():
            message = f'real data file {name} not found in {data_dir}; set MMNAS_DATA'
            pytest.fail(message) if os.environ.get('CI') == 'true' else pytest.skip(message)
        return path

    return find


@pytest.fixture
def search_cfg(tmp_path: Path) -> Config:
    """A search of two epochs in seconds: real crops of 16 pixels, C=2, 3 cells."""
    cfg = Config.fromfile(REPOSITORY / 'configs/quickstart/maenas_darts-s0-c4-l5_photos.py')
    cfg.merge_from_dict(
        {
            'work_dir': str(tmp_path / 'search'),
            'launcher': 'none',
            'model.backbone.init_channels': 2,
            'model.backbone.layers': 3,
            'train_dataloader.batch_size': 4,
            'train_dataloader.collate_fn': dict(type='default_collate'),
            'train_dataloader.dataset.dataset.size': 16,
            'train_dataloader.dataset.parts': [('weights', 0.002), ('arch', 0.0015)],
            'val_dataloader.batch_size': 4,
            'val_dataloader.collate_fn': dict(type='default_collate'),
            'val_dataloader.dataset.dataset.size': 16,
            'val_dataloader.dataset.parts': [('heldout', 0.01)],
            'train_cfg.max_epochs': 2,
            'log_level': 'ERROR',
        }
    )
    return cfg


@pytest.fixture
def run_search() -> Callable[[Config], Runner]:
    """Runs a search in this process and returns its runner."""

    def run(cfg: Config) -> Runner:
        cfg = copy.deepcopy(cfg)
        runner = Runner.from_cfg(cfg)
        runner.train()
        return runner

    return run
