"""Fixtures that the whole suite shares."""

import copy
import os

# The suite proves arithmetic on the CPU, bit for bit, on a machine with a GPU too; tests marked gpu ask for one.
if os.environ.get('MMNAS_TEST_GPU') != '1':
    os.environ['CUDA_VISIBLE_DEVICES'] = ''

from pathlib import Path
from typing import Callable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from mmengine.runner import Runner
from mmengine.visualization import Visualizer

from mmnas_mae.benchmarks import Benchmark
from mmnas_mae.registry import BENCHMARKS
from mmnas_mae.spaces import get_space
from mmnas_mae.utils.config import find_mmsegmentation

REPOSITORY = Path(__file__).resolve().parent.parent
os.environ.setdefault('MMNAS_DATA', str(REPOSITORY.parent / 'shared' / 'data'))


# Some tests read configs as MMEngine does, past the tools.
find_mmsegmentation()


@pytest.fixture(scope='session')
def seed() -> int:
    """Where tests that draw or train start; none may hang on which, so MMNAS_TEST_SEED names another."""
    return int(os.environ.get('MMNAS_TEST_SEED', 0))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Passes over what needs a GPU where there is none or the suite does not look for one."""
    if not torch.cuda.is_available():
        for item in items:
            if 'gpu' in item.keywords:
                item.add_marker(pytest.mark.skip(reason='needs a GPU, and MMNAS_TEST_GPU=1'))


@pytest.fixture(autouse=True)
def _fixed_seed(seed: int) -> None:
    """Every test starts from the same random state."""
    torch.manual_seed(seed)


@pytest.fixture(autouse=True)
def _nothing_left_over() -> None:
    """Every test starts as a new process does.

    No registry looks for names where an earlier test has pointed it, and no picture or scalar goes to the folder of an
    earlier run, whose visualizer MMEngine would find by its name.
    """
    DefaultScope._instance_dict.clear()
    kinds = [Visualizer]
    for kind in kinds:
        kinds.extend(kind.__subclasses__())
        kind._instance_dict.clear()


@pytest.fixture(scope='session')
def repository() -> Path:
    """Root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope='session')
def data_dir() -> Path:
    """The folder with real images and benchmark tables: MMNAS_DATA, or ../shared/data in these tests."""
    return Path(os.environ['MMNAS_DATA'])


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
def field_table(tmp_path: Path) -> Iterator[Path]:
    """A folder with the table of a benchmark ``field`` that no module of the package knows.

    It holds the 64 cells of NAS-Bench-201 with skip connections and 3x3 convolutions alone, written with the sources
    in descending order. ``crops.top1`` is a share of 1, missing for the last; ``soil.error`` in metres; ``crops.size``
    counts parameters.
    """
    space = get_space(dict(type='nasbench201', restrict=dict(cell=['skip_connect', 'nor_conv_3x3'])))
    archs = ['+'.join(_descending(node) for node in space.format(g).split('+')) for g in space.enumerate()]
    columns = {
        'arch': archs,
        'crops.top1': [*(0.5 + i / 200 for i in range(63)), None],
        'soil.error': [1000.0 * i for i in range(64)],
        'crops.size': [100 * arch.count('conv') for arch in archs],
        'remark': ['none'] * 64,
    }
    pq.write_table(pa.table(columns), tmp_path / 'field.parquet')

    def field(headline: str = 'top1') -> Benchmark:
        pairs = (('crops', headline), ('soil', 'error'))
        units = {'top1': 'share of 1', 'error': 'metres', 'size': 'parameters'}
        return Benchmark(spaces=('nasbench201',), files=('field.parquet',), headline=pairs, units=units)

    BENCHMARKS.register_module(name='field', module=field)
    yield tmp_path
    del BENCHMARKS.module_dict['field']


def _descending(node: str) -> str:
    return f'|{"|".join(reversed(node.strip("|").split("|")))}|'


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
