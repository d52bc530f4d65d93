"""What a config for one's own images leaves open is read from the images; options count over it."""

import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tifffile
from awkward_images import picture
from mmengine.config import Config
from mmengine.registry import init_default_scope
from PIL import Image

from mmnas_mae.apis.own_classes import fitting_size
from mmnas_mae.apis.own_images import check_size
from mmnas_mae.models.build import build_search_model
from mmnas_mae.registry import DATASETS
from mmnas_mae.utils.config import read_config

SEARCH = 'configs/search/maenas_darts-s0_1xb64-50e_folder.py'
RETRAIN = 'configs/retrain/genotype-l20-c36_1xb96-200e_folder.py'


@pytest.fixture
def folder(tmp_path):
    """Twelve photographs of two classes and sides from 40 to 51."""
    for number in range(12):
        path = tmp_path / 'own' / ('cats', 'dogs')[number % 2] / f'{number}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(picture(40 + number, 60, 3, seed=number)).save(path)
    return tmp_path / 'own'


@pytest.fixture
def bands(tmp_path):
    """Eight images of four bands of 16 bits, and one of RGB among them."""
    for number in range(8):
        path = tmp_path / 'bands' / ('field', 'wood')[number % 2] / f'{number}.tif'
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = picture(40, 44, 4, seed=number).astype(np.uint16) * 257
        tifffile.imwrite(path, stored, photometric='minisblack', planarconfig='contig')
    return tmp_path / 'bands'


@pytest.fixture
def read(repository, monkeypatch):
    def load(config, folder, **options):
        monkeypatch.setenv('IMAGE_FOLDER', str(folder))
        init_default_scope('mmpretrain')
        return read_config(repository / config, {key.replace('__', '.'): value for key, value in options.items()})

    return load


def pipelines(cfg):
    """Sizes in the pipelines of both loaders."""
    train, val = (cfg[name].dataset.pipeline for name in ('train_dataloader', 'val_dataloader'))
    return train[0].scale, val[0].scale, val[1].crop_size


def test_one_size_reaches_training_held_out_images_stem_and_patches(read, folder):
    small, large = read(SEARCH, folder), read(SEARCH, folder, own_images__size=96)
    assert pipelines(small) == (32, 36, 32)
    assert (small.model.backbone.stem, small.model.mask_generator.patch_size) == ('cifar', 4)
    # The median of 46 pixels has no border to cut off.
    assert pipelines(large) == (96, 96, 96)
    assert (large.model.backbone.stem, large.model.mask_generator.patch_size) == ('imagenet', 8)
    assert large.test_dataloader == large.val_dataloader
    assert 'own_images' not in large
    model = build_search_model(large)
    part = DATASETS.build(large.train_dataloader.dataset)
    assert part[0]['inputs'].shape == (3, 96, 96)
    assert len(part) == 5
    assert model.backbone.out_strides[-1] == 32


def test_options_count_over_what_is_read(read, folder):
    cfg = read(
        SEARCH,
        folder,
        model__mask_generator__patch_size=8,
        data_preprocessor__mean=[1.0],
        data_preprocessor__std=[2.0],
        val_dataloader__dataset__pipeline__1__crop_size=24,
        train_cfg__max_epochs=7,
    )
    assert cfg.model.mask_generator.patch_size == 8
    assert (cfg.data_preprocessor.mean, cfg.data_preprocessor.std) == ([1.0], [2.0])
    assert pipelines(cfg) == (32, 36, 24)
    assert cfg.param_scheduler['weights'][0].end == 7
    assert cfg.param_scheduler['arch'] == []


def test_what_a_run_leaves_reads_the_same_without_the_images(read, folder, tmp_path):
    cfg = read(RETRAIN, folder, train_cfg__max_epochs=7)
    cfg.dump(tmp_path / 'left.py')
    again = read_config(tmp_path / 'left.py')
    assert again.to_dict() == Config.fromfile(tmp_path / 'left.py').to_dict() == cfg.to_dict()


def test_bands_are_told_from_colours(read, bands):
    cfg = read(SEARCH, bands)
    assert cfg.model.backbone.in_channels == 4
    assert cfg.train_dataloader.dataset.dataset.channels == 4
    pixels = np.concatenate([picture(40, 44, 4, seed=number).reshape(-1, 4) for number in range(8)]).astype(float)
    assert cfg.data_preprocessor.mean == pytest.approx(pixels.mean(0), abs=1e-3)
    assert cfg.data_preprocessor.std == pytest.approx(pixels.std(0), abs=1e-3)
    model = build_search_model(cfg)
    batch = DATASETS.build(cfg.train_dataloader.dataset)[0]['inputs'][None]
    assert model.data_preprocessor(dict(inputs=batch))['inputs'].shape == (1, 4, 32, 32)
    with pytest.raises(RuntimeError, match='8 of 8 images cannot be used'):
        read(SEARCH, bands, own_images__channels=3)


def test_classes_channels_sizes_and_widths_are_read(read, folder, bands):
    cfg = read(RETRAIN, folder, model__backbone__init_channels=4, model__backbone__layers=5)
    assert (cfg.model.head.num_classes, cfg.data_preprocessor.num_classes) == (2, 2)
    assert cfg.model.head.in_channels == (64, 64)
    assert (cfg.model.backbone.stem, cfg.model.head.stem, cfg.model.backbone.in_channels) == ('cifar', 'cifar', 3)
    assert pipelines(cfg) == (32, 36, 32)
    assert cfg.param_scheduler.end == cfg.train_cfg.max_epochs == 200
    train, val = (DATASETS.build(cfg[f'{name}_dataloader'].dataset) for name in ('train', 'val'))
    assert (len(train), len(val)) == (9, 3)
    assert not set(train.indices) & set(val.indices)
    assert train.metainfo['classes'] == ('cats', 'dogs')
    cfg = read(RETRAIN, bands)
    assert (cfg.model.backbone.in_channels, len(cfg.data_preprocessor.mean)) == (4, 4)
    assert cfg.data_preprocessor.to_rgb is False


def test_held_out_images_may_lie_elsewhere(read, folder):
    cfg = read(RETRAIN, folder, own_images__heldout_root=str(folder))
    train, val = (DATASETS.build(cfg[f'{name}_dataloader'].dataset) for name in ('train', 'val'))
    assert (len(train), len(val)) == (12, 12)


def test_held_out_images_may_be_parquet_files(read, folder, tmp_path):
    files = sorted(path for path in folder.rglob('*.*') if path.is_file())[:4]
    rows = dict(image=[path.read_bytes() for path in files], label=[0, 1, 0, 1])
    pq.write_table(pa.table(rows), tmp_path / 'others.parquet')
    cfg = read(RETRAIN, folder, own_images__heldout_root=str(tmp_path / 'others.parquet'))
    train, val = (DATASETS.build(cfg[f'{part}_dataloader'].dataset) for part in ('train', 'val'))
    assert (list(train.metainfo['classes']), len(val)) == (val.metainfo['classes'], 4)
    assert sorted(int(val[number]['data_samples'].gt_label) for number in range(4)) == [0, 0, 1, 1]


@pytest.mark.parametrize(
    'names, labels, there', [('dogs,cats', [0, 1], ['dogs', 'cats']), (None, [0, 2], ['0', '1', '2'])]
)
def test_held_out_labels_mean_the_same_classes(read, folder, tmp_path, names, labels, there):
    images = [path.read_bytes() for path in sorted(folder.rglob('*.png'))[:2]]
    table = pa.table(dict(image=images, label=labels))
    pq.write_table(table.replace_schema_metadata(names and dict(classes=names)), tmp_path / 'others.parquet')
    message = f"must have the classes ['cats', 'dogs'] of {str(folder)!r} in this order, got {there}"
    with pytest.raises(ValueError, match=re.escape(message)):
        read(RETRAIN, folder, own_images__heldout_root=str(tmp_path / 'others.parquet'))


def test_parquet_files_with_labels_are_classes_too(read, folder, tmp_path):
    files = sorted(folder.rglob('*.png'))
    images = pa.array([path.read_bytes() for path in files], pa.binary())
    labels = [('cats', 'dogs').index(path.parent.name) for path in files]
    pq.write_table(pa.table(dict(image=images, kind=labels)), tmp_path / 'labels.parquet')
    cfg = read(RETRAIN, tmp_path / 'labels.parquet', own_images__label_column='kind')
    assert cfg.model.head.num_classes == 2
    train = DATASETS.build(cfg.train_dataloader.dataset)
    assert train.metainfo['classes'] == ['0', '1']
    by_folder = DATASETS.build(read(RETRAIN, folder).train_dataloader.dataset)
    for number in range(len(train)):
        row, file = (part.get_data_info(number) for part in (train, by_folder))
        assert row['gt_label'] == file['gt_label']
        assert np.array_equal(row['img'], file['img'])
    searched = DATASETS.build(read(SEARCH, tmp_path / 'labels.parquet').train_dataloader.dataset)
    assert 'gt_label' not in searched.get_data_info(0)


@pytest.mark.parametrize('side, size', [(500, 224), (224, 224), (100, 96), (46, 32), (30, 28), (28, 28), (5, 8)])
def test_the_size_of_a_classifier_fits_the_images(side, size):
    assert fitting_size(side) == size


@pytest.mark.parametrize(
    'settings, message',
    [
        (dict(own_images__size=30), r'own_images\.size must be a multiple of 4, .* such as 28 or 32; got 30'),
        (
            dict(own_images__size=100),
            r'multiple of 32, .* the stem .imagenet. and patches of 8, such as 96 or 128',
        ),
        (dict(own_images__size=4), r'own_images\.size must be a whole number of pixels, at least 8, got 4'),
        (dict(own_images__sise=32), "own_images: .*unexpected keyword argument 'sise'"),
        (dict(own_images__data_root='{{$HOME}}'), r'own_images.data_root \(IMAGE_FOLDER\) must not contain'),
    ],
)
def test_errors_of_settings(read, folder, settings, message):
    with pytest.raises(ValueError, match=message) as info:
        read(SEARCH, folder, **settings)
    assert '\n' not in str(info.value)


def test_labels_that_are_no_numbers_end_with_one_line(read, folder, tmp_path):
    rows = dict(image=[path.read_bytes() for path in sorted(folder.rglob('*.png'))[:2]], label=['cat', 'dog'])
    pq.write_table(pa.table(rows), tmp_path / 'labels.parquet')
    with pytest.raises(ValueError, match="own_images: label_column 'label' of .* must hold whole numbers, got string"):
        read(RETRAIN, tmp_path / 'labels.parquet')


def test_a_classifier_needs_two_classes(read, folder):
    with pytest.raises(FileNotFoundError, match='holds no image in a folder of its class'):
        read(RETRAIN, folder / 'cats')
    (folder / 'dogs').rename(folder.parent / 'dogs')
    with pytest.raises(ValueError, match=r"must have two classes or more: \('cats',\)"):
        read(RETRAIN, folder)


def test_patches_and_strides_both_count():
    check_size(48, 'cifar', 8)
    with pytest.raises(ValueError, match='multiple of 96'):
        check_size(64, 'imagenet', 12)


@pytest.mark.parametrize('name', ['it\'s "a" \\ ä {x} $HOME', "'; import os; os.mkdir('ran'); '"])
def test_no_name_of_a_folder_is_more_than_a_name(read, folder, name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    named = folder.rename(folder.parent / name)
    cfg = read(SEARCH, named)
    assert cfg.train_dataloader.dataset.dataset.data_root == str(named)
    cfg.dump('left.py')
    assert read_config('left.py').train_dataloader.dataset.dataset.data_root == str(named)
    assert not (tmp_path / 'ran').exists()


@pytest.mark.parametrize('value', [None, '', 'no/such'])
def test_a_folder_that_is_not_there_names_the_variable(repository, monkeypatch, value):
    monkeypatch.delenv('IMAGE_FOLDER', raising=False)
    if value is not None:
        monkeypatch.setenv('IMAGE_FOLDER', value)
    with pytest.raises(
        FileNotFoundError, match=f'{value if value is not None else "data/images"}.* IMAGE_FOLDER'
    ) as info:
        read_config(repository / SEARCH)
    assert '\n' not in str(info.value)


@pytest.mark.parametrize('channels', [1, 4])
@pytest.mark.parametrize('config', [SEARCH, RETRAIN])
def test_grey_and_alpha_reach_the_network(read, folder, config, channels):
    cfg = read(config, folder, own_images__channels=channels)
    assert cfg.model.backbone.in_channels == channels
    assert len(cfg.data_preprocessor.mean) == channels
    for part in ('train', 'val'):
        # OpenCV drops the channel of grey images on the way.
        assert DATASETS.build(cfg[f'{part}_dataloader'].dataset)[0]['inputs'].shape == (channels, 32, 32)
