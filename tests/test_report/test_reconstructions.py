"""Searches side by side: the same images, the same masks, and their curves."""

import re
import runpy
import subprocess
import sys

import matplotlib.image
import numpy as np
import pytest
from mmengine.config import Config

from mmnas_mae.report.reconstructions import compare_reconstructions
from mmnas_mae.report.search_history import read_search
from mmnas_mae.utils.records import last_checkpoint


@pytest.fixture
def searches(search_cfg, run_search, tmp_path):
    """One search with the hierarchical decoder and one without, of one epoch."""
    search_cfg.train_cfg.max_epochs = 1
    folders = []
    for name, decoder in (('with', 'HierarchicalDecoder'), ('without', 'SingleScaleDecoder')):
        cfg = Config(search_cfg.to_dict())
        cfg.merge_from_dict({'model.neck.type': f'mmnas_mae.{decoder}', 'work_dir': str(tmp_path / name)})
        cfg.experiment_name = f'{tmp_path.name}_{name}'
        run_search(cfg)
        folders.append(tmp_path / name)
    return folders


def test_searches_are_compared(searches, repository, tmp_path):
    histories = [read_search(folder) for folder in searches]
    count = 11  # all held-out crops
    found = compare_reconstructions(histories, count)
    # The loss over all held-out images is what the search itself has measured.
    measured = [history.scalars['reconstruction/l1'][1][-1] for history in histories]
    assert found.losses == pytest.approx(measured, rel=1e-5)
    assert found.losses[0] != pytest.approx(found.losses[1], rel=1e-3)
    original, masked, *reconstructed = found.rows
    assert original.shape == (100, 100 * count, 3)
    seen = (masked == original).all(-1)
    grey = (masked == 127).all(-1)
    assert (seen | grey).all()
    assert 0.4 < grey[~(original == 255).all(-1)].mean() < 0.6
    for row in reconstructed:
        # What was not masked is as it was; what was masked is not.
        np.testing.assert_array_equal(row[seen], original[seen])
        assert (row[~seen] != 127).any(-1).mean() > 0.9
    assert (reconstructed[0] != reconstructed[1]).any(-1)[~seen].mean() > 0.5

    pictures = [tmp_path / 'curves.png', tmp_path / 'reconstructions.png']
    command = [
        sys.executable,
        '-W',
        'ignore',
        'tools/visualization/compare_searches.py',
        *searches,
        '--labels',
        'A',
        'B',
    ]
    command += ['--curves', pictures[0], '--reconstructions', pictures[1], '--num-images', count]
    done = subprocess.run([str(c) for c in command], cwd=repository, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    printed = re.search(r'masked L1 A ([\d.]+), B ([\d.]+)', done.stdout)
    assert [float(value) for value in printed.groups()] == pytest.approx(found.losses, abs=1e-4)
    for label, history in zip('AB', histories):
        first = history.scalars['loss'][1][0]
        assert f'{label}: training loss of weights {first:.4f} at first' in done.stdout
    for path in pictures:
        assert matplotlib.image.imread(path).shape[1] == 1560

    # Without checkpoints there are curves only.
    last_checkpoint(histories[1].folder).unlink()
    with pytest.raises(FileNotFoundError, match='without holds no checkpoint'):
        compare_reconstructions(histories)


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['none'], "work directory 'none' does not exist"),
        (['none', 'none'], '--labels must name 2 searches differently'),
        (['none', '--labels', 'A', 'B'], '--labels must name 1 searches differently'),
        (['none', '--num-images', '0'], '--num-images must be at least 1, got 0'),
    ],
)
def test_bad_input_ends_in_one_line(repository, monkeypatch, arguments, message):
    monkeypatch.setattr(sys, 'argv', ['compare_searches.py', *arguments])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(repository / 'tools/visualization/compare_searches.py'), run_name='__main__')
    assert message in stop.value.code
    assert '\n' not in stop.value.code
