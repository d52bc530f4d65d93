"""The search of `make quickstart`, smaller still."""

import json
from pathlib import Path
from typing import Callable

import pytest
from mmengine.config import Config

from mmnas_mae.report.report_truth import landscape
from mmnas_mae.report.search_history import read_search


def test_it_knows_its_truth_with_nothing_at_hand(
    repository: Path, tmp_path: Path, run_search: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv('MMNAS_DATA')
    cfg = Config.fromfile(repository / 'configs/quickstart/maenas_nasbench201-c8-n3_photos.py')
    cfg.merge_from_dict(
        {
            'work_dir': str(tmp_path),
            'model.backbone.init_channels': 2,
            'model.backbone.cells_per_stage': 1,
            'train_dataloader.batch_size': 4,
            'train_dataloader.collate_fn': dict(type='default_collate'),
            'train_dataloader.dataset.parts': [('weights', 0.004), ('arch', 0.004)],
            'val_dataloader.collate_fn': dict(type='default_collate'),
            'val_dataloader.dataset.parts': [('heldout', 0.02)],
            'default_hooks.bilevel.warmup_epochs': 1,
            'train_cfg.max_epochs': 2,
            'train_cfg.val_interval': 2,
            'log_level': 'ERROR',
        }
    )
    runner = run_search(cfg)
    assert float(runner.model.arch.temperature) == pytest.approx(0.1)
    history = read_search(tmp_path)
    first, last = (json.loads(line) for line in (tmp_path / 'arch_history.jsonl').read_text().splitlines())
    # Alpha rests in the first epoch.
    assert first['ratio'] == pytest.approx(1, abs=0.02)
    assert last['parameters'] != first['parameters']
    known = landscape(history)
    assert known.found == history.truth[-1]['values']['cifar10_test']
    assert len(known.values) == 15625
