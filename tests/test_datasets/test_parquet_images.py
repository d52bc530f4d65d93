import io
import pickle
import re
import shutil
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from mmengine.registry import DefaultScope
from PIL import Image

from mmnas_mae.datasets import ParquetImages
from mmnas_mae.registry import DATASETS


def encode(pixels, mode='RGB'):
    stream = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8), mode).save(stream, 'PNG')
    return stream.getvalue()


def write(path, columns, metadata=None, **kwargs):
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(columns)
    pq.write_table(table.replace_schema_metadata(metadata), path, **kwargs)
    return path


@pytest.fixture
def pixels():
    return np.random.default_rng(0).integers(0, 256, (6, 5, 7, 3))


@pytest.fixture
def images(pixels):
    return pa.array([encode(image) for image in pixels], pa.binary())


@pytest.mark.parametrize(
    'name, rows, size, classes',
    [
        ('cifar10_train_20k.parquet', 20000, (32, 32), 10),
        ('tiny_imagenet_val_2k.parquet', 2000, (64, 64), 200),
        ('imagenet1k_one_per_class.parquet', 1000, (176, 176), 0),
    ],
)
def test_real_files(data_file, name, rows, size, classes):
    dataset = ParquetImages(data_file(name))
    table = pq.read_table(data_file(name), columns=['image', 'label'])
    assert len(dataset) == rows
    assert len(dataset.metainfo.get('classes', ())) == classes
    for index in (0, 17, rows - 1):
        info = dataset[index]
        expected = Image.open(io.BytesIO(table['image'][index].as_py())).convert('RGB')
        assert np.array_equal(info.pop('img'), np.asarray(expected))
        assert info == dict(img_path=f'{name}#{index}', img_shape=size, ori_shape=size, sample_idx=index)
    labelled = ParquetImages(data_file(name), label_column='label', indices=50)
    assert [labelled.get_data_info(i)['gt_label'] for i in range(50)] == table['label'][:50].to_pylist()


def test_grey_images_get_three_equal_channels(data_file):
    path = data_file('tiny_imagenet_val_2k.parquet')
    encoded = pq.read_table(path, columns=['image'])['image']
    grey = [i for i in range(300) if Image.open(io.BytesIO(encoded[i].as_py())).mode == 'L']
    assert grey
    image = ParquetImages(path)[grey[0]]['img']
    assert image.shape == (64, 64, 3)
    assert np.array_equal(image, np.repeat(image[..., :1], 3, axis=2))


def test_takes_the_place_of_cifar10_in_a_config(data_file):
    path = data_file('cifar10_train_20k.parquet')
    config = dict(
        type='mmnas_mae.ParquetImages',
        data_root=str(path),
        split='test',  # one file: no split is looked for
        download=False,
        with_label=False,
        test_mode=True,
        indices=8,
        pipeline=[dict(type='RandomCrop', crop_size=32, padding=4), dict(type='PackInputs')],
    )
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        dataset = DATASETS.build(config)
    assert len(dataset) == 8
    assert dataset.test_mode
    assert tuple(dataset[3]['inputs'].shape) == (3, 32, 32)
    assert config['indices'] == 8


@pytest.mark.parametrize('kind', [pa.binary(), pa.large_binary()])
@pytest.mark.parametrize('struct', [False, True])
def test_binary_and_struct_columns(tmp_path, pixels, images, kind, struct):
    column = images.cast(kind)
    if struct:
        column = pa.StructArray.from_arrays([column, pa.array([f'{i}.png' for i in range(6)])], ['bytes', 'path'])
    # Row groups of two rows, so that the column comes in several chunks.
    dataset = ParquetImages(write(tmp_path / 'a.parquet', dict(image=column), row_group_size=2))
    assert np.array_equal(np.stack([dataset[i]['img'] for i in range(6)]), pixels)


def test_channel_order(tmp_path, pixels, images):
    path = write(tmp_path / 'a.parquet', dict(image=images))
    assert np.array_equal(ParquetImages(path, channel_order='bgr')[2]['img'], pixels[2][..., ::-1])


def test_folder_is_read_in_sorted_order_and_filtered_by_split(tmp_path, pixels, images):
    write(tmp_path / 'b' / 'train-1.parquet', dict(image=images[2:3]))
    write(tmp_path / 'a' / 'train-2.parquet', dict(image=images[:2]))
    write(tmp_path / 'test.parquet', dict(image=images[3:]))
    train = ParquetImages(tmp_path, split='train')
    assert [train[i]['img_path'] for i in range(3)] == [
        'a/train-2.parquet#0',
        'a/train-2.parquet#1',
        'b/train-1.parquet#0',
    ]
    assert np.array_equal(np.stack([train[i]['img'] for i in range(3)]), pixels[:3])
    assert len(ParquetImages(tmp_path)) == 6
    assert len(ParquetImages(tmp_path, split='test')) == 3


def test_indices_and_negative_index(tmp_path, images):
    path = write(tmp_path / 'a.parquet', dict(image=images))
    assert len(ParquetImages(path, indices=4)) == 4
    chosen = ParquetImages(path, indices=[5, 1])
    assert [(chosen[i]['img_path'], chosen[i]['sample_idx']) for i in (0, 1, -1)] == [
        ('a.parquet#5', 0),
        ('a.parquet#1', 1),
        ('a.parquet#1', 1),
    ]


def test_survives_pickling(tmp_path, pixels, images):
    dataset = ParquetImages(write(tmp_path / 'a.parquet', dict(image=images)))
    assert np.array_equal(pickle.loads(pickle.dumps(dataset))[4]['img'], pixels[4])


@pytest.mark.parametrize(
    'metadata, expected',
    [
        ({'classes': 'cat,dog'}, ('cat', 'dog')),
        ({'class_names': '["cat, small", "dog"]'}, ('cat, small', 'dog')),
        ({'huggingface': '{"info": {"features": {"label": {"names": ["cat", "dog"]}}}}'}, ('cat', 'dog')),
        ({'class_names': '[broken'}, None),
        ({'huggingface': '{"info": 3}'}, None),
        (None, None),
    ],
)
def test_class_names(tmp_path, images, metadata, expected):
    path = write(tmp_path / 'a.parquet', dict(image=images, label=pa.array([0, 1] * 3)), metadata)
    assert ParquetImages(path).metainfo.get('classes') == expected
    assert ParquetImages(path, metainfo=dict(classes=('x',))).metainfo['classes'] == ('x',)


def test_labels_are_not_read(tmp_path, pixels, images):
    path = write(
        tmp_path / 'a.parquet', dict(image=images, label=pa.array(range(6))), compression='none', use_dictionary=False
    )
    chunk = pq.ParquetFile(path).metadata.row_group(0).column(1)
    content = bytearray(path.read_bytes())
    content[chunk.data_page_offset : chunk.data_page_offset + chunk.total_compressed_size] = (
        b'\xff' * chunk.total_compressed_size
    )
    path.write_bytes(content)
    with pytest.raises(RuntimeError, match=r'a\.parquet cannot be read as Parquet'):
        ParquetImages(path, label_column='label')
    for dataset in (ParquetImages(path), ParquetImages(path, label_column='label', with_label=False)):
        assert np.array_equal(dataset[5]['img'], pixels[5])
        assert 'gt_label' not in dataset[5]


def test_labels_are_read_when_asked_for(tmp_path, images):
    path = write(tmp_path / 'a.parquet', dict(image=images, fine=pa.array([3, 1, 4, 1, 5, 9], pa.uint8())))
    dataset = ParquetImages(path, label_column='fine', with_label=True, indices=[5, 2])
    assert [dataset[i]['gt_label'] for i in range(2)] == [9, 4]


def check_error(error, message, **kwargs):
    with pytest.raises(error, match=message) as info:
        ParquetImages(**kwargs)
    assert '\n' not in str(info.value)


def test_errors_of_files(tmp_path, images):
    check_error(FileNotFoundError, r'data_root .*nowhere does not exist', data_root=tmp_path / 'nowhere')
    check_error(ValueError, 'data_root must be a Parquet file or a folder', data_root='')
    check_error(FileNotFoundError, r'data_root .* is a folder without \*\.parquet', data_root=tmp_path)
    write(tmp_path / 'train.parquet', dict(image=images))
    check_error(
        FileNotFoundError, r"has split 'val' in its name; found train\.parquet", data_root=tmp_path, split='val'
    )
    empty = write(tmp_path / 'empty.parquet', dict(image=images[:0]))
    check_error(RuntimeError, r'empty\.parquet is empty: it has no rows', data_root=empty)
    for content in (b'', b'no parquet at all'):
        other = tmp_path / 'other.parquet'
        other.write_bytes(content)
        check_error(RuntimeError, r'other\.parquet cannot be read as Parquet', data_root=other)
    cut = tmp_path / 'cut.parquet'
    cut.write_bytes((tmp_path / 'train.parquet').read_bytes()[:200])
    check_error(RuntimeError, r'cut\.parquet cannot be read as Parquet', data_root=cut)


def test_errors_of_columns(tmp_path, images):
    columns = dict(image=images, name=pa.array(list('abcdef')), some=pa.array([0, 1, None, 1, 0, 1]))
    path = write(tmp_path / 'a.parquet', columns)
    check_error(
        ValueError,
        r"a\.parquet has no image_column 'img'; its columns are image, name, some",
        data_root=path,
        image_column='img',
    )
    check_error(ValueError, r"a\.parquet has no label_column 'label'", data_root=path, label_column='label')
    check_error(
        TypeError,
        r"image_column 'name' of .*a\.parquet must be binary .* got string",
        data_root=path,
        image_column='name',
    )
    check_error(TypeError, r"label_column 'name' .* must hold whole numbers", data_root=path, label_column='name')
    check_error(
        RuntimeError,
        r"label_column 'some' of .*a\.parquet has rows without a label",
        data_root=path,
        label_column='some',
    )
    struct = pa.StructArray.from_arrays([columns['name'], columns['name']], ['bytes', 'path'])
    path = write(tmp_path / 'b.parquet', dict(image=struct))
    check_error(TypeError, r'must be binary or a struct with binary bytes, got struct<bytes: string', data_root=path)


def test_errors_of_settings(tmp_path, images):
    path = write(tmp_path / 'a.parquet', dict(image=images))
    check_error(
        ValueError, r"channel_order must be one of \('rgb', 'bgr'\), got 'gbr'", data_root=path, channel_order='gbr'
    )
    check_error(ValueError, 'with_label=True needs label_column', data_root=path, with_label=True)
    check_error(ValueError, 'ann_file means nothing to ParquetImages', data_root=path, ann_file='train.txt')
    check_error(TypeError, 'colour', data_root=path, colour=True)
    assert len(ParquetImages(path, ann_file='', data_prefix='')) == 6


@pytest.mark.parametrize('struct', [False, True])
def test_corrupt_image_names_file_and_row(tmp_path, images, struct):
    whole = images[0].as_py()
    column = pa.array([whole, b'nonsense', b'', whole[:60], None], pa.binary())
    if struct:
        column = pa.StructArray.from_arrays([column, pa.array(list('abcde'))], ['bytes', 'path'])
    path = write(tmp_path / 'bad.parquet', dict(image=column))
    dataset = ParquetImages(path)
    assert dataset[0]['img'].shape == (5, 7, 3)
    for row in range(1, 5):
        with pytest.raises(RuntimeError, match=re.escape(f'{path}, row {row}: the image cannot be decoded')) as info:
            dataset[row]
        assert '\n' not in str(info.value)
    with pytest.raises(RuntimeError, match='it is null'):
        dataset[4]


def test_missing_pyarrow_names_the_extra(tmp_path, monkeypatch, images):
    path = write(tmp_path / 'a.parquet', dict(image=images))
    monkeypatch.setitem(sys.modules, 'pyarrow', None)
    with pytest.raises(ModuleNotFoundError, match=r'pip install pyarrow'):
        ParquetImages(path)


def test_lazy_init_reads_nothing_until_needed(tmp_path, images):
    path = write(tmp_path / 'a.parquet', dict(image=images))
    moved = tmp_path / 'later.parquet'
    dataset = ParquetImages(moved, lazy_init=True)
    shutil.move(path, moved)
    assert len(dataset) == 6
