"""The command line, from a search to the accuracy of a retrained network, on real CIFAR-10."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest
import torch

from mmnas_mae.spaces import load_genotype

SEARCH = 'configs/search/maenas_darts-s0_1xb64-50e_cifar10.py'
RETRAIN = 'configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py'


@pytest.fixture(scope='module')
def small_search(data_file: Callable) -> list[str]:
    """Options that make the paper's CIFAR-10 config run in seconds on a subset."""
    return [
        '--cfg-options',
        'train_dataloader.dataset.dataset.type=mmnas_mae.ParquetImages',
        f'train_dataloader.dataset.dataset.data_root={data_file("cifar10_train_20k.parquet")}',
        'val_dataloader.dataset.type=mmnas_mae.ParquetImages',
        f'val_dataloader.dataset.data_root={data_file("cifar10_test_4k.parquet")}',
        'val_dataloader.dataset.indices=32',
        'model.backbone.space=darts_s2',  # a quarter of the operations of S0
        'model.backbone.init_channels=2',
        'model.backbone.layers=3',
        'train_dataloader.dataset.parts=[(weights,0.008),(arch,0.005)]',
        'train_dataloader.batch_size=8',
        'train_dataloader.num_workers=0',
        'val_dataloader.num_workers=0',
        'train_cfg.max_epochs=3',
        'train_cfg.val_interval=1',
        'default_hooks.logger.interval=1',
    ]


def run(repository: Path, *args: object, expect: int = 0, **env: str) -> str:
    """Runs a command in the checkout and returns what it printed."""
    command = [str(a) for a in args]
    if command[0].endswith('.py'):
        command = [sys.executable, '-W', 'ignore', *command]
    done = subprocess.run(
        command,
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, 'OMP_NUM_THREADS': '1', 'PYTHON': sys.executable, **env},
    )
    output = done.stdout + done.stderr
    assert done.returncode == expect, output[-3000:]
    return output


def train_losses(work_dir: Path) -> dict:
    """step -> loss; what a resumed run logged later counts."""
    out = {}
    for path in sorted(work_dir.glob('*/vis_data/scalars.json'), key=lambda p: p.stat().st_mtime_ns):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            if 'loss' in record:
                out[record['step']] = record['loss'], record['arch_loss']
    return out


@pytest.fixture(scope='module')
def searched(repository: Path, small_search: list[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Work directory of an uninterrupted search."""
    work_dir = tmp_path_factory.mktemp('search')
    run(repository, 'tools/train.py', SEARCH, '--work-dir', work_dir, *small_search)
    return work_dir


def test_loss_falls_and_genotype_is_valid(searched: Path) -> None:
    losses = train_losses(searched)
    assert len(losses) == 60
    first, last = (sum(losses[s][0] for s in steps) / 10 for steps in (range(1, 11), range(51, 61)))
    assert last < 0.9 * first
    assert load_genotype(searched / 'genotype.json', space='darts_s2').meta['epoch'] == 3


def test_killed_search_resumes_exactly(
    repository: Path, small_search: list[str], searched: Path, tmp_path: Path
) -> None:
    """SIGKILL in the middle of an epoch, then --resume auto."""
    command = [sys.executable, '-W', 'ignore', 'tools/train.py', SEARCH, '--work-dir', str(tmp_path), *small_search]
    env = {**os.environ, 'OMP_NUM_THREADS': '1'}
    process = subprocess.Popen(
        command, cwd=repository, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
    )
    for line in process.stdout:
        if re.search(r'Epoch\(train\) \[3\]\[ *\d+/', line):
            process.send_signal(signal.SIGKILL)
            break
    assert process.wait(60) == -signal.SIGKILL
    process.stdout.close()
    assert not (tmp_path / 'epoch_3.pth').exists()
    output = run(repository, 'tools/train.py', SEARCH, '--work-dir', tmp_path, '--resume', 'auto', *small_search)
    assert 'resumed epoch: 2' in output
    assert train_losses(tmp_path) == train_losses(searched)
    whole, resumed = (torch.load(d / 'epoch_3.pth', weights_only=False)['state_dict'] for d in (searched, tmp_path))
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert load_genotype(tmp_path / 'genotype.json') == load_genotype(searched / 'genotype.json')


def test_held_out_loss_by_test_tool_equals_that_of_the_search(
    repository: Path, small_search: list[str], searched: Path, tmp_path: Path
) -> None:
    options = [*small_search, *(o.replace('val_', 'test_') for o in small_search if o.startswith('val_dataloader'))]
    out = tmp_path / 'metrics.json'
    run(repository, 'tools/test.py', SEARCH, searched / 'epoch_3.pth', '--work-dir', tmp_path, '--out', out, *options)
    score = json.loads(out.read_text())['reconstruction/score']
    assert score == pytest.approx(load_genotype(searched / 'genotype.json').meta['score'], rel=1e-6)


def test_derived_genotype_is_that_of_the_search(
    repository: Path, small_search: list[str], searched: Path, tmp_path: Path
) -> None:
    out = tmp_path / 'derived.json'
    run(repository, 'tools/derive_genotype.py', SEARCH, searched / 'epoch_3.pth', '--out', out, *small_search)
    assert load_genotype(out) == load_genotype(searched / 'genotype.json')


def test_reconstructions_are_drawn(repository: Path, small_search: list[str], searched: Path, tmp_path: Path) -> None:
    assert len(list(searched.glob('*/vis_data/vis_image/reconstruction_*.png'))) == 3
    out = tmp_path / 'grid.png'
    printed = run(
        repository,
        'tools/visualization/vis_reconstruction.py',
        SEARCH,
        searched / 'epoch_3.pth',
        '--out',
        out,
        '--work-dir',
        tmp_path,
        *small_search,
    )
    assert out.stat().st_size > 10_000
    assert 0.1 < float(re.search(r'masked L1 ([\d.]+)', printed).group(1)) < 1.5


def test_derived_genotype_retrains_and_is_tested(
    repository: Path, searched: Path, data_file: Callable, tmp_path: Path
) -> None:
    options = ['--cfg-options', f'model.backbone.genotype={searched / "genotype.json"}']
    for name, file in (('train', 'cifar10_train_20k'), ('val', 'cifar10_test_4k'), ('test', 'cifar10_test_4k')):
        dataset = f'{name}_dataloader.dataset'
        options += [
            f'{dataset}.type=mmnas_mae.ParquetImages',
            f'{dataset}.data_root={data_file(f"{file}.parquet")}',
            f'{dataset}.label_column=label',
            f'{dataset}.indices={2000 if name == "train" else 500}',
            f'{name}_dataloader.num_workers=0',
        ]
    options += ['model.backbone.init_channels=4', 'model.backbone.layers=5', 'model.head.in_channels=64,64']
    options += ['train_cfg.max_epochs=3', 'param_scheduler.end=3', 'custom_hooks.0.prob=0.0']
    options += ['train_dataloader.batch_size=32']
    run(repository, 'tools/train.py', RETRAIN, '--work-dir', tmp_path, '--no-validate', *options)
    out = tmp_path / 'metrics.json'
    printed = run(
        repository, 'tools/test.py', RETRAIN, tmp_path / 'epoch_3.pth', '--work-dir', tmp_path, '--out', out, *options
    )
    accuracy = json.loads(out.read_text())['accuracy/top1']
    assert 'accuracy/top1' in printed
    # Chance is 10 %; 188 steps of a tiny network are enough to leave it far behind.
    assert accuracy > 20


def test_search_on_two_processes(repository: Path, small_search: list[str], tmp_path: Path) -> None:
    output = run(
        repository,
        'tools/dist_train.sh',
        SEARCH,
        2,
        '--work-dir',
        tmp_path,
        *small_search,
        'train_cfg.max_epochs=1',
        PORT=str(29500 + os.getpid() % 1000),
    )
    assert 'Epoch(train) [1][10/10]' in output
    states = torch.load(tmp_path / 'epoch_1.pth', weights_only=False)['random_states']
    assert len(states) == 2
    assert not torch.equal(states[0]['generators'][0], states[1]['generators'][0])
    load_genotype(tmp_path / 'genotype.json', space='darts_s2')


def test_a_folder_of_images_is_searched_with_one_setting(
    repository: Path, data_dir: Path, data_file: Callable, tmp_path: Path
) -> None:
    folder = data_file('coco_mini') / 'train2017'
    run(
        repository,
        'tools/train.py',
        'configs/search/maenas_darts-s0_1xb64-50e_folder.py',
        '--work-dir',
        tmp_path,
        '--cfg-options',
        'model.backbone.init_channels=2',
        'model.backbone.layers=3',
        'train_dataloader.batch_size=16',
        'train_dataloader.num_workers=2',
        'train_cfg.max_epochs=1',
        IMAGE_FOLDER=str(folder),
    )
    assert load_genotype(tmp_path / 'genotype.json').meta['score'] < 0


@pytest.mark.parametrize(
    'arguments, message',
    [
        (['tools/train.py', 'configs/none.py'], "config 'configs/none.py' does not exist"),
        (['tools/train.py', SEARCH, '--resume', 'none.pth'], "--resume: checkpoint 'none.pth' does not exist"),
        (['tools/train.py', SEARCH, '--amp'], '--amp needs a GPU'),
        (['tools/test.py', SEARCH, 'none.pth'], "checkpoint 'none.pth' does not exist"),
        (['tools/derive_genotype.py', SEARCH, 'none.pth'], "'none.pth' does not exist"),
        (['tools/visualization/draw_genotype.py', 'none.json'], "genotype 'none.json' is no file"),
        (
            ['tools/train.py', SEARCH, '--cfg-options', 'model.backbone.space=s9'],
            "unknown search space 's9'; there are:",
        ),
        (
            ['tools/train.py', SEARCH, '--cfg-options', 'model.mask_generator.ratio=1.5'],
            'mask_generator.ratio must be a number above 0 and below 1, got 1.5',
        ),
    ],
)
def test_bad_input_ends_in_one_line(repository: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    if '--amp' in arguments and torch.cuda.is_available():
        pytest.skip('with a GPU the flag is valid')
    if 'tools/train.py' in arguments:
        arguments = [*arguments[:2], '--work-dir', str(tmp_path), *arguments[2:]]
    output = run(repository, *arguments, expect=1)
    assert message in output.strip().splitlines()[-1]


@pytest.mark.parametrize(
    'arguments, params, macs',
    [
        (['DARTS_V1'], 3_169_414, 501.0),
        (['DARTS_V2'], 3_349_342, 528.4),
        (['PDARTS'], 3_433_798, 532.2),
        (['DARTS_V2', '--stem', 'imagenet'], 4_718_752, 529.9),
        (['PC_DARTS_image', '--stem', 'imagenet'], 5_342_464, 581.6),
    ],
)
def test_published_sizes(repository: Path, arguments: list[str], params: int, macs: float) -> None:
    result = json.loads(run(repository, 'tools/analysis/get_flops.py', *arguments).strip().splitlines()[-1])
    assert result['params'] == params
    assert result['macs_m'] == macs
