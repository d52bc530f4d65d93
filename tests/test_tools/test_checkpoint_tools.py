"""Tools that read a checkpoint of a search: what they score and draw is what was searched, or they say what is not."""

import json
import re
from pathlib import Path
from typing import Callable

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from PIL import Image

from mmnas_mae.apis import build_search_model
from mmnas_mae.spaces import load_genotype

RETRAIN = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'
TEST, VIS, DERIVE = 'tools/test.py', 'tools/visualization/vis_reconstruction.py', 'tools/derive_genotype.py'


@pytest.fixture
def search(search_cfg: Config, tmp_path: Path) -> tuple[Path, Path]:
    """Config and checkpoint of a search whose weights are those of its beginning."""
    search_cfg.experiment_name = tmp_path.name
    search_cfg.test_dataloader = search_cfg.val_dataloader
    file, checkpoint = tmp_path / 'search.py', tmp_path / 'epoch_2.pth'
    model = build_search_model(search_cfg)
    search_cfg.dump(file)
    meta = dict(cfg=search_cfg.pretty_text, epoch=2, iter=2, seed=5)
    torch.save(dict(meta=meta, state_dict=model.state_dict(), message_hub={}), checkpoint)
    return file, checkpoint


def test_a_checkpoint_is_scored_drawn_and_derived(search: tuple[Path, Path], call: Callable, tmp_path: Path) -> None:
    metrics, picture = tmp_path / 'metrics.json', tmp_path / 'grid.png'
    call(TEST, *search, '--work-dir', tmp_path / 'test', '--out', metrics)
    printed = call(VIS, *search, '--out', picture, '--num-images', 11, '--work-dir', tmp_path / 'vis')
    # All held-out images, under the same masks.
    error = float(re.search(r'masked L1 ([\d.]+)', printed)[1])
    assert json.loads(metrics.read_text())['reconstruction/l1'] == pytest.approx(error, abs=1e-4)
    with Image.open(picture) as image:
        assert image.size == (1100, 300)
    call(DERIVE, *search, '--out', tmp_path / 'derived.json')
    genotype = load_genotype(tmp_path / 'derived.json', 'darts_s0')
    assert (genotype.meta['epoch'], genotype.meta['seed']) == (2, 5)


@pytest.mark.parametrize(
    'option, reason',
    [
        ('model.backbone.space=darts_s2', 'it was searched in darts_s0, the config says darts_s2'),
        ('model.backbone.layers=4', 'missing (first: backbone.cells.3'),
        ('model.neck.type=mmnas_mae.SingleScaleDecoder', ' (first: neck.'),
    ],
    ids=['space', 'depth', 'decoder'],
)
@pytest.mark.parametrize('tool', [TEST, VIS, DERIVE])
def test_a_checkpoint_of_another_search_is_an_error(
    search: tuple[Path, Path], call: Callable, tmp_path: Path, tool: str, option: str, reason: str
) -> None:
    out = tmp_path / 'out.json'
    printed = call(tool, *search, '--out', out, '--cfg-options', option, expect=1)
    last = printed.strip().splitlines()[-1]
    assert last.startswith(f"error: checkpoint '{search[1]}' does not fit config '{search[0]}': ")
    assert reason in last
    assert not out.exists()


def test_a_retrained_checkpoint_of_another_size_is_an_error(call: Callable, tmp_path: Path) -> None:
    checkpoint = tmp_path / 'epoch_600.pth'
    torch.save(dict(meta={}, state_dict={'backbone.stem.0.weight': torch.zeros(3, 3, 3, 3)}), checkpoint)
    options = ['model.backbone.init_channels=4', 'model.backbone.layers=5', 'model.head.in_channels=64,64']
    options += [f'experiment_name={tmp_path.name}', 'model.backbone.genotype=DARTS_V2']
    printed = call(TEST, RETRAIN, checkpoint, '--work-dir', tmp_path, '--cfg-options', *options, expect=1)
    last = printed.strip().splitlines()[-1]
    assert last.startswith(
        f"error: checkpoint '{checkpoint}' does not fit config '{RETRAIN}': these weights are not of"
    )


def test_reconstructions_of_a_data_set_of_the_host_package(
    search: tuple[Path, Path], call: Callable, tmp_path: Path
) -> None:
    """Its name has no prefix: it is found in the default scope of the config."""
    file, checkpoint = search
    generator = np.random.default_rng(0)
    for number in range(3):
        pixels = generator.integers(0, 256, (16, 16, 3), dtype=np.uint8)
        (tmp_path / 'images' / 'all').mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / 'images' / 'all' / f'{number}.png')
    cfg = Config.fromfile(file)
    pipeline = [dict(type='LoadImageFromFile'), dict(type='mmnas_mae.PackImages')]
    cfg.val_dataloader.dataset = dict(type='CustomDataset', data_root=str(tmp_path / 'images'), pipeline=pipeline)
    cfg.dump(file)
    # As in a process that has built nothing yet.
    DefaultScope._instance_dict.clear()
    printed = call(VIS, file, checkpoint, '--out', tmp_path / 'grid.png', '--work-dir', tmp_path / 'vis')
    assert 0.1 < float(re.search(r'masked L1 ([\d.]+)', printed)[1]) < 3


def test_what_reconstructs_nothing_is_not_drawn(search: tuple[Path, Path], call: Callable, tmp_path: Path) -> None:
    printed = call(VIS, *search, '--num-images', 0, expect=1)
    assert 'error: --num-images must be a whole number of at least 1, got 0' in printed
    cfg = Config.fromfile(search[0])
    head = dict(type='mmnas_mae.LinearHead', num_classes=4)
    cfg.model = dict(type='mmnas_mae.RotationSearch', backbone=cfg.model.backbone, head=head)
    cfg.dump(search[0])
    state = build_search_model(cfg).state_dict()
    torch.save(dict(meta={}, state_dict=state), search[1])
    printed = call(VIS, *search, '--out', tmp_path / 'grid.png', expect=1)
    assert 'reconstructs nothing: its objective is RotationSearch' in printed


def test_a_genotype_of_a_project_is_drawn_and_counted(
    command: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, so that what the project registers does not reach other tests."""
    monkeypatch.setenv('PYTHONPATH', '.')
    cell = dict(nodes=[[['asym_conv_3x3', 0], ['skip_connect', 1]]] * 2, concat=[2, 3])
    file = tmp_path / 'genotype.json'
    file.write_text(json.dumps(dict(space='two_node', cells=dict(normal=cell, reduce=cell))))
    flags = ['--import', 'projects.example_space.two_node_space']
    process = command('tools/visualization/draw_genotype.py', file, *flags)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert (tmp_path / 'genotype.png').stat().st_size > 10_000
    small = ['--init-channels', 4, '--layers', 3]
    process = command('tools/analysis/get_flops.py', file, *small, *flags)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    # Stem, three cells with two convolutions and two skips each (the last two at stride 2), classifier.
    assert json.loads(output.splitlines()[-1])['params'] == 348 + 320 + 1152 + 4160 + 330


def test_a_module_that_is_not_there_is_named(call: Callable) -> None:
    printed = call('tools/visualization/draw_genotype.py', 'DARTS_V2', '--import', 'module_of_nobody', expect=1)
    assert re.search('error: --import: .*module_of_nobody', printed)
