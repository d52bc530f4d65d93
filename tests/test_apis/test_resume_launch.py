"""Going on in a work directory that was moved."""

import json
import shutil
from pathlib import Path
from typing import Callable

import pytest
import torch
from mmengine.config import Config

from mmnas_mae.apis import build_runner


@pytest.fixture
def one_epoch(search_cfg: Config, run_search: Callable, tmp_path: Path) -> Config:
    """The config of a search whose first epoch is in its work directory."""
    search_cfg.experiment_name = tmp_path.name
    search_cfg.val_cfg = search_cfg.val_dataloader = search_cfg.val_evaluator = None
    search_cfg.train_cfg = dict(by_epoch=True, max_epochs=1)
    run_search(search_cfg)
    search_cfg.train_cfg.max_epochs = 2
    search_cfg.resume = True
    return search_cfg


def moved(cfg: Config, folder: Path) -> Path:
    shutil.copytree(cfg.work_dir, folder)
    cfg.work_dir, cfg.experiment_name = str(folder), f'{cfg.experiment_name}_{folder.name}'
    return folder


def test_a_copied_search_goes_on_from_its_own_checkpoint(one_epoch: Config, tmp_path: Path) -> None:
    original = Path(one_epoch.work_dir, 'epoch_1.pth')
    copy = moved(one_epoch, tmp_path / 'copy')
    # What has become of the original does not matter.
    original.write_text('another run')
    runner = build_runner(one_epoch)
    runner.train()
    epochs = [json.loads(line)['epoch'] for line in (copy / 'arch_history.jsonl').read_text().splitlines()]
    assert epochs == [1, 2]
    assert torch.load(copy / 'epoch_2.pth', weights_only=False)['meta']['epoch'] == 2
    # The config that the run leaves names no checkpoint, so that it can be resumed again.
    left = max(copy.glob('*/vis_data/config.py'), key=lambda path: path.stat().st_mtime_ns)
    assert Config.fromfile(left).load_from is None


def test_a_missing_checkpoint_is_named(one_epoch: Config, tmp_path: Path) -> None:
    copy = moved(one_epoch, tmp_path / 'copy')
    (copy / 'epoch_1.pth').unlink()
    with pytest.raises(FileNotFoundError, match=r"copy/last_checkpoint' names 'epoch_1.pth', which is not there"):
        build_runner(one_epoch)
    (copy / 'last_checkpoint').unlink()
    assert build_runner(one_epoch)._load_from is None
