"""Searches side by side: the same images, the same masks, and their curves."""

import itertools
import re
import runpy
import statistics
import subprocess
import sys

import matplotlib.image
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from mmnas_mae.apis import build_search_model
from mmnas_mae.report.reconstructions import compare_reconstructions
from mmnas_mae.report.search_history import SearchHistory, read_search
from mmnas_mae.utils.checkpoints.files import last_checkpoint

#: Side of a patch of the mask, in pixels.
PATCH = 4


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


def shown(kind, output, image):
    """What a decoder's output looks like as a normalised image, one value after the other."""
    if kind == 'PerScaleDecoder':
        return sum(output) / len(output)
    pixels = output.clone()
    if kind == 'PatchNormTarget':
        for top, left in itertools.product(range(0, 16, PATCH), repeat=2):
            where = (slice(None), slice(top, top + PATCH), slice(left, left + PATCH))
            patch = image[where].reshape(-1)
            pixels[where] = output[where] * (patch.var() + 1e-6).sqrt() + patch.mean()
    return pixels


@pytest.mark.parametrize(
    'kind, settings',
    [
        ('PixelTarget', {}),
        ('PatchNormTarget', {'model.head.target': dict(type='mmnas_mae.PatchNormTarget')}),
        ('GradientTarget', {'model.head.target': dict(type='mmnas_mae.GradientTarget')}),
        ('PerScaleDecoder', {'model.neck.type': 'mmnas_mae.PerScaleDecoder'}),
    ],
)
def test_the_error_and_the_picture_are_those_of_the_masked_pixels_whatever_the_target(
    search_cfg, tmp_path, kind, settings
):
    search_cfg.merge_from_dict(settings)
    model = build_search_model(search_cfg).eval()
    search_cfg.dump(tmp_path / 'search.py')
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'epoch_1.pth')
    (tmp_path / 'last_checkpoint').write_text('epoch_1.pth')
    assert model.mask_generator.patch_size == PATCH
    count = 3
    found = compare_reconstructions([SearchHistory(tmp_path, config=search_cfg.to_dict())], count)

    data = next(iter(Runner.build_dataloader(dict(search_cfg.val_dataloader, batch_size=count), seed=0)))
    batch = model.data_preprocessor(data, False)
    images, samples = batch['inputs'], batch['data_samples']
    mean, std = (torch.tensor(search_cfg.data_preprocessor[name]).view(3, 1, 1) for name in ('mean', 'std'))
    errors = []
    with torch.no_grad():
        masks = model.fixed_mask(images, samples)
        outputs = model.reconstruct(images, masks)
    for n, (image, mask) in enumerate(zip(images, masks)):
        output = [each[n] for each in outputs] if kind == 'PerScaleDecoder' else outputs[n]
        pixels = shown(kind, output, image)
        hidden = mask[0] == 1
        errors.append(float((pixels - image)[:, hidden].abs().mean()))
        colours = (pixels * std + mean).clamp(0, 255)
        for i, j in hidden.nonzero().tolist():
            # Each pixel is six wide and high, each picture has a border of two.
            drawn = found.rows[2][2 + 6 * i, 100 * n + 2 + 6 * j].astype(float)
            np.testing.assert_allclose(drawn, colours[:, i, j], atol=0.51)
    assert found.losses == pytest.approx([statistics.fmean(errors)], rel=1e-5)


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['none'], "work directory 'none' does not exist"),
        (['none', 'none'], '--labels must name 2 searches differently'),
        (['none', '--labels', 'A', 'B'], '--labels must name 1 searches differently'),
        (['none', '--num-images', '0'], '--num-images must be a whole number of at least 1, got 0'),
    ],
)
def test_bad_input_ends_in_one_line(repository, monkeypatch, arguments, message):
    monkeypatch.setattr(sys, 'argv', ['compare_searches.py', *arguments])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(repository / 'tools/visualization/compare_searches.py'), run_name='__main__')
    assert message in stop.value.code
    assert '\n' not in stop.value.code
