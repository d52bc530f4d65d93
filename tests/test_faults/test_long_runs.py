"""What a process holds does not grow with the steps that it has done."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from mmengine.config import Config

STEPS, EVERY = 2000, 100


@pytest.mark.slow
def test_two_thousand_steps_take_no_more_than_two_hundred(repository: Path, search_cfg: Config, tmp_path: Path) -> None:
    """A search of twenty epochs, each with a validation, a checkpoint and a picture, in a process of its own."""
    search_cfg.model.backbone = dict(type='mmnas_mae.NASBench201Supernet', init_channels=2, cells_per_stage=1)
    search_cfg.merge_from_dict(
        {
            'train_dataloader.batch_size': 2,
            'train_dataloader.dataset.parts': [('weights', 0.0108), ('arch', 0.01)],
            'train_cfg.max_epochs': 20,
            'default_hooks.use': dict(type='mmnas_mae.ResourceUseHook', interval=EVERY),
        }
    )
    search_cfg.dump(tmp_path / 'search.py')
    paths = [str(repository), str(repository / 'tests'), os.environ.get('PYTHONPATH', '')]
    done = subprocess.run(
        [sys.executable, '-W', 'ignore', 'tools/train.py', str(tmp_path / 'search.py'), '--import', 'fault_hooks'],
        cwd=repository,
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHONPATH': os.pathsep.join(filter(None, paths))},
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    folder = Path(search_cfg.work_dir)
    records = [json.loads(line) for line in (folder / 'resources.jsonl').read_text().splitlines()]
    early = next(record for record in records if record['step'] == 300)
    late = next(record for record in records if record['step'] == STEPS)
    print({key: (early[key], late[key]) for key in early})
    assert late['resident'] < 1.02 * early['resident']
    # What is really held: without the files that are mapped and what the allocator has kept.
    assert late['held'] < 1.01 * early['held']
    assert late['handles'] == early['handles']
    assert late['checkpoints'] == early['checkpoints'] == 4  # two, each with its checksum
    # The buffers of the log, 100 steps of a dozen numbers of 8 bytes, and a picture of 40 kB for each epoch.
    epochs = (STEPS - 300) / 100
    assert (late['checkpoint_bytes'] - early['checkpoint_bytes']) / epochs < 2 * 100 * 24 * 8
    assert (late['other_bytes'] - early['other_bytes']) / epochs < 100_000
