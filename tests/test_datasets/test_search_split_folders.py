"""A split of a folder of images, and images that cannot be read."""

import re

import pytest
from mmengine.registry import DefaultScope
from torch.utils.data import DataLoader

from mmnas_mae.datasets import PackImages
from mmnas_mae.registry import DATASETS


def folder(path, **kwargs):
    """A folder of images without labels, by mmpretrain's own data set."""
    pipeline = [dict(type='LoadImageFromFile'), dict(type='RandomResizedCrop', scale=32), PackImages()]
    config = dict(type='CustomDataset', data_root=str(path), with_label=False, pipeline=pipeline, **kwargs)
    with DefaultScope.overwrite_default_scope('mmpretrain'):
        return DATASETS.build(
            dict(type='mmnas_mae.SearchSplit', dataset=config, part='all', parts=[('all', 1.0)], shuffle=False)
        )


def test_folder_of_images(data_file):
    split = folder(data_file('coco_mini/train2017'))
    assert len(split) == 128
    sample = split[3]
    assert tuple(sample['inputs'].shape) == (3, 32, 32)
    assert sample['data_samples'].img_path.endswith('.jpg')


def test_errors_of_folders(tmp_path):
    for path, message in (
        (tmp_path, f"data set 'CustomDataset' with data_root='{tmp_path}' cannot be made: RuntimeError: Found 0 files"),
        (tmp_path / 'no', f"with data_root='{tmp_path}/no' cannot be made: FileNotFoundError: "),
    ):
        with pytest.raises(RuntimeError, match=re.escape(message)) as info:
            folder(path)
        assert '\n' not in str(info.value)


@pytest.mark.parametrize('content', [b'', b'no image'])
def test_corrupt_file_is_named(tmp_path, content):
    (tmp_path / 'bad.jpg').write_bytes(content)
    split = folder(tmp_path)
    with pytest.raises(RuntimeError, match=r'^CustomDataset, image 0.*cannot be read') as info:
        split[0]
    assert str(info.value).count(str(tmp_path / 'bad.jpg')) == 1
    assert '\n' not in str(info.value)


def test_corrupt_file_is_named_from_a_worker(tmp_path):
    (tmp_path / 'bad.jpg').write_bytes(b'no image')
    with pytest.raises(RuntimeError, match=r'CustomDataset, image 0.*bad\.jpg'):
        next(iter(DataLoader(folder(tmp_path), num_workers=1)))
