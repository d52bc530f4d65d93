"""A work directory says what its run was."""

import json
from pathlib import Path
from typing import Callable

import torch
from mmengine.config import Config

from mmnas_mae.engine.records.run_record_hook import plain
from mmnas_mae.report import read_search
from mmnas_mae.utils.records import settings_hash
from mmnas_mae.version import __version__


def test_every_start_leaves_config_versions_environment_and_images(
    search_cfg: Config, run_search: Callable, tmp_path: Path
) -> None:
    search_cfg.train_cfg.max_epochs = 1
    runner = run_search(search_cfg)
    (file,) = tmp_path.glob('search/*/run.json')
    record = json.loads(file.read_text())
    assert record['config_hash'] == settings_hash(runner.cfg.to_dict())
    assert (record['seed'], record['version'], record['deterministic']) == (0, __version__, False)
    assert record['environment']['packages']['torch'] == torch.__version__.partition('+')[0]
    assert record['environment']['processes'] == 1
    assert {name: split['part'] for name, split in record['splits'].items()} == dict(
        train_dataloader='weights', arch_dataloader='arch', val_dataloader='heldout'
    )
    meta = json.loads((tmp_path / 'search/genotype.json').read_text())['meta']
    assert meta['images'] == {name: split['images'] for name, split in record['splits'].items()}
    assert meta['commit'] == record['commit']
    assert f'torch {record["environment"]["packages"]["torch"]}' in meta['environment']
    # Reports read this record, and execute no config.
    for config in tmp_path.glob('search/**/*.py'):
        config.write_text('raise SystemExit("executed")')
    history = read_search(tmp_path / 'search')
    assert history.max_epochs == 1
    assert history.config == record['config']


def test_settings_become_plain_data() -> None:
    assert plain(dict(a=(1, float('nan')), b=Path('x'), c=None, d=[float('-inf'), 2.5, True])) == dict(
        a=[1, 'nan'], b='x', c=None, d=['-inf', 2.5, True]
    )
