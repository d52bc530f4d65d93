"""A folder such as people have: what becomes of each image, and what is said before anything is trained."""

import shutil

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tifffile
from awkward_images import BROKEN, awkward_folder, picture
from mmengine.logging import MMLogger
from PIL import Image

from mmnas_mae.datasets import ImageFolder, ParquetImages, SearchSplit, image_survey, read_image
from mmnas_mae.engine.split_record import check_splits
from mmnas_mae.registry import DATASETS, TRANSFORMS


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp('own images')
    return root / 'images', awkward_folder(root / 'images', root / 'outside')


@pytest.fixture
def told(monkeypatch):
    """What the log says, level and text."""
    lines = []
    monkeypatch.setattr(image_survey, 'print_log', lambda text, logger, level=20: lines.append((level, text)))
    image_survey._tell.cache_clear()
    return lines


def difference(image, expected):
    assert image.shape == expected.pixels.shape
    return int(np.abs(image.astype(int) - expected.pixels).max()) - expected.tolerance


def test_every_image_is_what_it_shows(folder):
    root, expected = folder
    assert len(expected) + len(BROKEN) == 40
    dataset = DATASETS.build(dict(type='mmnas_mae.ImageFolder', data_root=str(root), max_broken=0.1))
    assert [dataset.get_data_info(i)['img_path'] for i in range(len(dataset))] == [
        str(root / name) for name in sorted(expected)
    ]
    for i, name in enumerate(sorted(expected)):
        info = dataset[i]
        assert difference(info['img'], expected[name]) <= 0, name
        assert info['img'].dtype == np.uint8
        assert info['img'].flags.writeable
        assert info['img_shape'] == info['ori_shape'] == expected[name].pixels.shape[:2]
        assert info['sample_idx'] == i


def test_the_same_file_is_the_same_array_everywhere(folder, tmp_path):
    root, expected = folder
    names = sorted(expected)
    contents = [(root / name).read_bytes() for name in names]
    pq.write_table(pa.table(dict(image=pa.array(contents, pa.binary()))), tmp_path / 'own.parquet')
    rows = ParquetImages(tmp_path / 'own.parquet', max_broken=0)
    load = TRANSFORMS.build(dict(type='mmnas_mae.LoadImageFromFile'))
    dataset = ImageFolder(root, max_broken=0.1)
    for i, name in enumerate(names):
        image = dataset[i]['img']
        assert np.array_equal(rows[i]['img'], image), name
        assert np.array_equal(load(dict(img_path=str(root / name)))['img'], image[..., ::-1]), name
        assert np.array_equal(read_image(root / name), image), name


def test_the_log_says_what_was_found_used_and_skipped_and_why(folder, told):
    root, expected = folder
    dataset = ImageFolder(root, max_broken=0.1)
    (_, first), (level, second) = told
    assert f'{root}: 40 images found, 37 used, 3 skipped; left out 1 .txt, 2 hidden, 1 second name of an image' in first
    assert 'height x width 24x36 to 40x90, median of the shorter sides 24' in first
    assert 'channels: 5 with 1, 1 with 2, 28 with 3, 3 with 4, read as 3' in first
    assert level == 30
    for name, reason in BROKEN.items():
        assert f'{root / name}: the image' in second
        assert reason in second
    assert dataset.survey.skipped[0][0] == sorted([*expected, *BROKEN]).index('cats/truncated.jpg')
    # The other parts of the search read the same folder, which is looked at once.
    ImageFolder(root, max_broken=0.2)
    assert len(told) == 2


def test_too_many_broken_images_are_an_error_before_anything_is_trained(folder):
    root, _ = folder
    with pytest.raises(
        RuntimeError, match=r'3 of 40 images cannot be used, more than max_broken=0\.01 of them: '
    ) as info:
        ImageFolder(root)
    assert str(info.value).count('\n') == 0
    with pytest.raises(RuntimeError, match=r'truncated\.jpg: the image cannot be decoded: image file is truncated'):
        ImageFolder(root, max_broken=0)


def test_folders_are_classes(folder, tmp_path):
    root, expected = folder
    shutil.copytree(root, tmp_path / 'images', symlinks=True)
    Image.fromarray(picture()).save(tmp_path / 'images' / 'in no class.png')
    dataset = ImageFolder(tmp_path / 'images', with_label=True, max_broken=0.1)
    assert dataset.metainfo['classes'] == ('cats', 'dogs')
    assert len(dataset) == 37
    labels = [dataset.get_data_info(i)['gt_label'] for i in range(37)]
    assert labels == [int(name.startswith('dogs')) for name in sorted(expected)]
    swapped = ImageFolder(root, with_label=True, classes=['dogs', 'birds', 'cats'], max_broken=0.1)
    assert swapped.get_data_info(0)['gt_label'] == 2
    with pytest.raises(ValueError, match=r"has the folder 'dogs', which is none of \('cats',\)"):
        ImageFolder(root, with_label=True, classes=['cats'], max_broken=0.1)


@pytest.mark.parametrize('channels', [1, 2, 4, 5, 8, 16])
@pytest.mark.parametrize('kind', ['npy', 'tif', 'planes', 'pages', 'deep'])
def test_bands_are_kept(channels, kind, tmp_path):
    bands = picture(20, 30, channels)
    if kind == 'npy':
        np.save(tmp_path / 'a.npy', bands)
    else:
        stored = bands.astype(np.uint16) * 257 if kind == 'deep' else bands
        planes = kind in ('planes', 'pages')
        stored = np.moveaxis(stored, -1, 0) if planes else stored
        plan = dict(planes='separate', pages=None).get(kind, 'contig')
        stored = np.squeeze(stored)
        tifffile.imwrite(
            tmp_path / 'a.tif', stored, photometric='minisblack', planarconfig=plan if channels > 1 else None
        )
    dataset = ImageFolder(tmp_path, channels=channels)
    assert np.array_equal(dataset[0]['img'], bands)
    if channels not in (1, 3):
        with pytest.raises(RuntimeError, match=rf'has {channels} channels, which are not made into channels=3'):
            ImageFolder(tmp_path)


def test_colours_become_the_channels_that_are_asked_for(tmp_path):
    rgb, alpha = picture(), picture(24, 36, 1, seed=3)
    Image.fromarray(np.concatenate([rgb, alpha], 2)).save(tmp_path / 'alpha.png')
    Image.fromarray(rgb).save(tmp_path / 'colour.png')
    assert np.array_equal(read_image(tmp_path / 'alpha.png', 4), np.concatenate([rgb, alpha], 2))
    opaque = read_image(tmp_path / 'colour.png', 4)
    assert np.array_equal(opaque[..., :3], rgb)
    assert (opaque[..., 3] == 255).all()
    grey = np.asarray(Image.fromarray(rgb).convert('L')).astype(int)
    assert np.abs(read_image(tmp_path / 'colour.png', 1)[..., 0] - grey).max() <= 1
    assert np.array_equal(read_image(tmp_path / 'colour.png', channel_order='bgr'), rgb[..., ::-1])


def test_values_of_more_bits_are_scaled_by_their_range(tmp_path, told):
    twelve = (picture(20, 30, 1).astype(np.uint16)) * 16
    tifffile.imwrite(tmp_path / 'a.tif', twelve[..., 0])
    dark = ImageFolder(tmp_path, channels=1)[0]['img']
    assert np.array_equal(dark, np.rint(twelve / 257.0))
    highest = int(twelve.max())
    assert told[-1] == (30, told[-1][1])
    assert f'has a value above {highest} of 65535, so they are dark: value_range=[0,{highest}]' in told[-1][1]
    bright = ImageFolder(tmp_path, channels=1, value_range=[0, 4080])[0]['img']
    assert np.array_equal(bright, picture(20, 30, 1))
    np.save(tmp_path / 'b.npy', np.float32([[0, 0.5], [1, 0.25]]))
    assert read_image(tmp_path / 'b.npy', 1)[..., 0].tolist() == [[0, 128], [255, 64]]
    for values, message in {
        (0.0, 300.0): r'holds float32 from 0 to 300; value_range=\[low,high\] must say which values are 0 and 255',
        (0.0, float('nan')): 'holds NaN or infinity',
    }.items():
        np.save(tmp_path / 'c.npy', np.float32([values]))
        with pytest.raises(RuntimeError, match=f'c.npy: the image {message}'):
            read_image(tmp_path / 'c.npy', 1)
    np.save(tmp_path / 'c.npy', np.int16([[-5, 7]]))
    with pytest.raises(RuntimeError, match='holds int16 from -5 to 7; value_range'):
        read_image(tmp_path / 'c.npy', 1)
    assert read_image(tmp_path / 'c.npy', 1, value_range=(-5, 5))[..., 0].tolist() == [[0, 255]]


def test_grey_of_16_bits_whose_0_is_white(tmp_path):
    grey = picture(20, 30, 1)
    deep = grey.astype(np.uint16) * 257
    tifffile.imwrite(tmp_path / 'a.tif', 65535 - deep[..., 0], photometric='miniswhite')
    assert np.array_equal(read_image(tmp_path / 'a.tif', 1), grey)
    tifffile.imwrite(tmp_path / 'b.tif', np.float32(deep[..., 0]), photometric='miniswhite')
    with pytest.raises(
        RuntimeError, match=r'b.tif: .*\(MINISWHITE\) and its numbers are float32, whose black is not said'
    ):
        read_image(tmp_path / 'b.tif', 1)


@pytest.mark.parametrize('bits', [16, 12])
def test_deep_colours_of_jpeg_2000_keep_their_white(bits, tmp_path):
    deep = picture(64, 64).astype(np.uint16) * 257 >> (16 - bits)
    deep[:8] = 2**bits - 1
    # Losses are none at this rate; 12 bits about the middle of 16 are the same code words.
    stored = deep + np.uint16(32768 - 2 ** (bits - 1))
    lossless = [cv2.IMWRITE_JPEG2000_COMPRESSION_X1000, 1000]
    content = bytearray(cv2.imencode('.jp2', stored[..., ::-1], lossless)[1].tobytes())
    start = content.index(b'\xff\x4f\xff\x51')
    for channel in range(3):
        content[start + 42 + 3 * channel] = bits - 1
    for name, part in (('a.jp2', content), ('a.j2k', content[start:])):
        (tmp_path / name).write_bytes(part)
        assert np.array_equal(read_image(tmp_path / name), np.rint((deep << (16 - bits)) / np.float32(257)))


@pytest.mark.parametrize('dtype, white', [(np.uint16, 65535), (np.float32, 1)])
def test_colours_that_are_stored_times_their_alpha_are_seen_once_through_it(dtype, white, tmp_path):
    rgb, alpha = picture(), picture(24, 36, 1, seed=3).clip(1)
    through = rgb / 255 * (alpha / 255)
    parts = [through * white, alpha / 255 * white]
    stored = np.concatenate([np.rint(part) if white > 1 else part for part in parts], 2).astype(dtype)
    stored[0, 0] = 0
    tifffile.imwrite(tmp_path / 'a.tif', stored, photometric='rgb', extrasamples=['assocalpha'])
    seen = np.rint(255 * through + 255 - alpha)
    seen[0, 0] = 255
    assert np.abs(read_image(tmp_path / 'a.tif') - seen).max() <= 1
    opaque = alpha[..., 0] > 100
    opaque[0, 0] = False
    assert np.abs(read_image(tmp_path / 'a.tif', 4)[opaque][:, :3].astype(int) - rgb[opaque]).max() <= 1


def test_a_grey_map_of_16_bits_is_scaled(tmp_path):
    grey = picture(20, 30, 1)
    Image.fromarray(grey[..., 0].astype(np.uint16) * 257).save(tmp_path / 'a.pgm')
    assert np.array_equal(read_image(tmp_path / 'a.pgm', 1), grey)


def test_an_array_in_a_file_cannot_run_anything(tmp_path):
    np.save(tmp_path / 'a.npy', np.array([{}]), allow_pickle=True)
    with pytest.raises(RuntimeError, match='a.npy: the image cannot be decoded: Object arrays cannot be loaded'):
        read_image(tmp_path / 'a.npy')


def test_without_a_look_a_broken_image_is_an_error_when_it_is_met(folder):
    root, expected = folder
    dataset = ImageFolder(root, max_broken=None)
    assert (len(dataset), dataset.survey) == (40, None)
    number = sorted([*expected, *BROKEN]).index('cats/truncated.jpg')
    assert dataset[number - 1]['img'].shape[2] == 3
    with pytest.raises(RuntimeError, match='truncated'):
        dataset[number]


@pytest.mark.parametrize(
    'settings, error, message',
    [
        (dict(data_root='no/such'), FileNotFoundError, "data_root 'no/such' is no folder; .*the variable IMAGE_FOLDER"),
        (dict(channels=0), ValueError, 'channels must lie between 1 and 16, got 0'),
        (dict(channels=17), ValueError, 'channels must lie between 1 and 16, got 17'),
        (dict(channels=3.0), ValueError, r'channels must be a whole number from 1 to 16, got 3\.0'),
        (dict(max_broken=2), ValueError, 'max_broken must be a share of the images between 0 and 1, or None, got 2'),
        (dict(value_range=(5, 5)), ValueError, r'value_range must be two numbers, the lower one first, got \(5, 5\)'),
        (dict(channel_order='gbr'), ValueError, r"channel_order must be one of \('rgb', 'bgr'\), got 'gbr'"),
    ],
)
def test_errors_of_settings(settings, error, message, tmp_path):
    with pytest.raises(error, match=message):
        ImageFolder(**dict(dict(data_root=tmp_path), **settings))


def test_a_folder_without_images_says_what_is_in_it(tmp_path):
    (tmp_path / 'a.txt').touch()
    with pytest.raises(FileNotFoundError, match=r'holds no image; there are 1 \.txt'):
        ImageFolder(tmp_path)
    Image.fromarray(picture()).save(tmp_path / 'a.png')
    with pytest.raises(FileNotFoundError, match='holds no image in a folder of its class; there are 1 .txt, 1 in no'):
        ImageFolder(tmp_path, with_label=True)


def test_it_is_told_where_runs_log(folder, tmp_path):
    logger = MMLogger.get_instance('own-images', logger_name='own', log_file=str(tmp_path / 'log'))
    ImageFolder(folder[0], max_broken=0.1)
    for handler in logger.handlers:
        handler.flush()
    assert '40 images found, 37 used, 3 skipped' in (tmp_path / 'log').read_text()


def test_a_resumed_run_does_not_go_on_with_other_images(tmp_path):
    for number in range(4):
        Image.fromarray(picture(seed=number)).save(tmp_path / f'{number}.png')

    def record():
        return dict(train_dataloader=SearchSplit(ImageFolder(tmp_path), 'weights').record())

    saved = record()
    check_splits(saved, record())
    # As many images in the same places, but another one
    Image.fromarray(picture(60, 60, seed=9)).save(tmp_path / '3.png')
    with pytest.raises(ValueError, match='must read the images of the checkpoint, cut with content='):
        check_splits(saved, record())
    saved['train_dataloader'].pop('content')
    check_splits(saved, record())
