"""The data sets that the configs name, read from files of their own form: colours and labels arrive as they are.

Elsewhere in the tests Parquet files with real images take their place.
"""

import pickle
from pathlib import Path
from typing import Any, Callable, Iterator

import mmcv
import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from mmengine.runner import Runner
from mmpretrain.datasets import CIFAR10, CIFAR100

REPOSITORY = Path(__file__).resolve().parents[2]
#: Plain images, RGB, by label; two of each.
COLOURS = {0: (250, 10, 60), 3: (20, 200, 90), 7: (128, 0, 255)}
#: Types of data sets that other tests read from their own files, and where.
ELSEWHERE = {
    'mmnas_mae.OwnClasses': 'tests/test_apis/test_own_images.py',
    'mmnas_mae.OwnPretraining': 'tests/test_tools/test_pretrain.py',
    'mmnas_mae.OwnSearch': 'tests/test_apis/test_own_images.py',
    'mmnas_mae.ParquetImages': 'tests/test_datasets/test_parquet_images.py',
    'mmnas_mae.PhotoCrops': 'tests/test_datasets/test_photo_crops.py',
    'CocoDataset': 'tests/test_detection/test_coco.py',
    'CocoPanopticDataset': 'tests/test_detection/test_detectors.py',
    'CocoSegDataset': 'tests/test_detection/test_downstream.py',
}


def plain(size: int, colour: tuple) -> np.ndarray:
    return np.full((size, size, 3), colour, np.uint8)


@pytest.fixture
def cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Writes CIFAR's files with six images, all of them in the first file."""

    def write(cls: type) -> Path:
        files = [name for name, _ in (*cls.train_list, *cls.test_list)]
        for name in ('train_list', 'test_list'):
            # No sums, which would be those of the published files.
            monkeypatch.setattr(cls, name, [[file, None] for file, _ in getattr(cls, name)])
        folder = tmp_path / cls.base_folder
        folder.mkdir()
        labels = [label for label in COLOURS for _ in range(2)]
        rows = np.stack([plain(32, COLOURS[label]).transpose(2, 0, 1).reshape(-1) for label in labels])
        for i, file in enumerate(files):
            kept = slice(None) if i == 0 or file in ('test', 'test_batch') else slice(0)
            key = 'fine_labels' if cls is CIFAR100 else 'labels'
            (folder / file).write_bytes(pickle.dumps({'data': rows[kept], key: labels[kept]}))
        return tmp_path

    return write


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """Folders train and val with a PNG of each image, and ImageNet's lists of them."""
    for part in ('train', 'val'):
        lines = []
        for label, colour in COLOURS.items():
            for i in range(2):
                mmcv.imwrite(plain(300, colour[::-1]), str(tmp_path / part / f'{label}_{i}.png'))
                lines.append(f'{label}_{i}.png {label}')
        (tmp_path / 'meta').mkdir(exist_ok=True)
        (tmp_path / 'meta' / f'{part}.txt').write_text('\n'.join(lines))
    return tmp_path


HALVES = {'train_dataloader.dataset.parts': [('weights', 0.5), ('arch', 0.5)]}
#: Of a config of each type: its files, where its loaders name them, side of an image, whether it reads labels.
CASES = {
    'search/maenas_darts-s0_1xb64-50e_cifar10': (CIFAR10, ('dataset.dataset', 'dataset'), 32, False),
    'search/darts_darts-s0_1xb64-50e_cifar10': (CIFAR10, ('dataset.dataset', 'dataset'), 32, True),
    '_base_/datasets/cifar10_search_array': (CIFAR10, ('dataset.dataset.dataset', 'dataset'), 32, False),
    'retrain/genotype-l20-c36_1xb96-600e_cifar10': (CIFAR10, ('dataset', 'dataset'), 32, True),
    'retrain/genotype-l20-c36_1xb96-600e_cifar100': (CIFAR100, ('dataset', 'dataset'), 32, True),
    'retrain/genotype-l14-c48_8xb128-250e_in1k': ('', ('dataset', 'dataset'), 224, True),
    'search/maenas_darts-s0_8xb128-50e_in1k': ('{part}', ('dataset.dataset', 'dataset'), 224, False),
}


@pytest.mark.parametrize('path', CASES)
def test_images_and_labels_are_those_of_the_files(path: str, cifar: Callable, folders: Path) -> None:
    source, places, side, labelled = CASES[path]
    root = cifar(source) if isinstance(source, type) else folders / source
    cfg = Config.fromfile(REPOSITORY / 'configs' / f'{path}.py')
    for part, place in zip(('train', 'val'), places):
        cfg.merge_from_dict({f'{part}_dataloader.{place}.data_root': str(root).format(part=part)})
    if 'parts' in cfg.train_dataloader.dataset:
        # Six images are few.
        cfg.merge_from_dict(HALVES)
    init_default_scope('mmpretrain')
    preprocessor = MODELS.build(dict(dict(type='ClsDataPreprocessor'), **cfg.data_preprocessor))
    for part in ('train', 'val'):
        loader = dict(cfg[f'{part}_dataloader'], batch_size=3, num_workers=0)
        loader['collate_fn'] = dict(type='default_collate')
        batch = preprocessor(next(iter(Runner.build_dataloader(loader, seed=0))), training=part == 'train')
        assert batch['inputs'].shape[1:] == (3, side, side)
        # Most of an image is left by padding and cutout.
        images = (batch['inputs'] * preprocessor.std + preprocessor.mean).flatten(2).median(2).values
        found = [tuple(round(float(value)) for value in colours) for colours in images]
        jittered = part == 'train' and 'ColorJitter' in str(loader)
        assert jittered or set(found) <= set(COLOURS.values())
        labels = [int(sample.gt_label) for sample in batch['data_samples'] if 'gt_label' in sample]
        assert len(labels) == (len(images) if labelled else 0)
        assert jittered or all(COLOURS[label] == colour for label, colour in zip(labels, found))
        if part == 'val':
            assert found == [COLOURS[0], COLOURS[0], COLOURS[3]]


def named(value: Any) -> Iterator[str]:
    """Type of every data set that reads files."""
    if isinstance(value, dict):
        if 'type' in value and {'data_root', 'split'} & set(value):
            yield value['type']
        for item in value.values():
            yield from named(item)


def test_every_type_that_a_config_names_is_read_by_a_test() -> None:
    # Any other config has its data from one of these.
    texts = {path: path.read_text() for path in (REPOSITORY / 'configs').rglob('*.py')}
    files = [path for path, text in texts.items() if '_dataloader' in text or 'mmdet::' in text]
    types = {name for path in files for name in named(Config.fromfile(path).to_dict())}
    read = {name for path in CASES for name in named(Config.fromfile(REPOSITORY / 'configs' / f'{path}.py').to_dict())}
    assert types == read | set(ELSEWHERE)
    assert all((REPOSITORY / file).is_file() for file in ELSEWHERE.values())
