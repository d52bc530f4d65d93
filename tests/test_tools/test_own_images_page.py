"""docs/own_images.md from the first command to the last, at a small size, on images such as people have."""

import json
import os
import re
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import tifffile
import torch
from awkward_images import awkward_folder, picture
from mmengine.config import Config
from mmengine.registry import init_default_scope
from pages import LAST, LOADERS, NETWORK, ONE, RETRAINED, TESTED, blocks, commands, small
from PIL import Image

from mmnas_mae.apis.export import read_metadata
from mmnas_mae.datasets import read_image
from mmnas_mae.registry import DATASETS, MODELS
from mmnas_mae.spaces import load_genotype

SEARCH = 'configs/search/maenas_darts-s0_1xb64-50e_folder.py'
RETRAIN = 'configs/retrain/genotype-l20-c36_1xb96-200e_folder.py'


@pytest.fixture
def page(repository, tmp_path):
    """The commands of a section, or its blocks of Python, with ``own/`` of this test."""

    def read(section, language='bash'):
        found = [b for b in blocks(repository / 'docs/own_images.md') if (b.section, b.language) == (section, language)]
        for block in found:
            block.text = re.sub(r'(?<![\w/])own/', f'{tmp_path}/own/', block.text)
        if language == 'bash':
            return [command for block in found for command in commands(block, dict(os.environ))]
        return [re.sub(r'epoch_\d+\.pth', LAST, block.text) for block in found]

    return read


@pytest.fixture
def type_in(call, monkeypatch):
    """Runs a command of the page, with options more."""

    def run(command, *options):
        variables, words = command
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        assert words[0] == 'python'
        return call(*small(words[1:], options))

    return run


@pytest.fixture
def own(tmp_path):
    """``own/photos`` and ``own/classes``, 40 awkward images each."""
    expected = awkward_folder(tmp_path / 'own' / 'photos', tmp_path / 'outside')
    awkward_folder(tmp_path / 'own' / 'classes', tmp_path / 'outside of classes')
    return tmp_path / 'own', expected


def python(block, capfd):
    """What a block of Python prints."""
    capfd.readouterr()
    exec(compile(block, 'docs/own_images.md', 'exec'), {})
    return capfd.readouterr().out.strip()


def log_of(folder):
    return '\n'.join(path.read_text() for path in sorted(folder.glob('*/*.log')))


def test_from_a_folder_to_onnx(page, type_in, own, capfd):
    own, expected = own
    search, again, report, cost = page('Search')
    type_in(search)
    log = log_of(own / 'search')
    assert f'{own}/photos: 40 images found, 37 used, 3 skipped; left out 1 .txt, 2 hidden, 1 second name' in log
    assert 'channels: 5 with 1, 1 with 2, 28 with 3, 3 with 4, read as 3' in log
    # 45 % of 37 in batches of 8
    assert 'Epoch(train) [1][2/2]' in log
    cfg = Config.fromfile(own / 'search' / Path(SEARCH).name)
    dataset = DATASETS.build(dict(cfg.train_dataloader.dataset.dataset))
    for number, name in enumerate(sorted(expected)):
        image = dataset[number]['img'].astype(int)
        assert np.abs(image - expected[name].pixels).max() <= expected[name].tolerance, name
    type_in(again, 'train_cfg.max_epochs=2')
    assert 'resumed epoch: 1' in log_of(own / 'search')
    assert load_genotype(own / 'search' / 'genotype.json').search['in_channels'] == 3

    type_in(report)
    html = (own / 'search' / 'report.html').read_text()
    assert RETRAIN in html
    assert f'own_images.data_root={own}/photos' in html
    assert 'cifar10' not in html
    counted = json.loads(type_in(cost).splitlines()[-1])
    assert counted['input'] == [3, 64, 64]

    retrain, test = page('Classify')
    type_in(retrain)
    cfg = Config.fromfile(own / 'classifier' / Path(RETRAIN).name)
    # The median of the shorter sides is 24.
    assert (cfg.model.head.num_classes, cfg.test_dataloader.dataset.pipeline[1].crop_size) == (2, 24)
    accuracy = float(re.findall(r'accuracy/top1: (\d+\.\d+)', type_in(test))[-1])
    assert accuracy * 8 / 100 == pytest.approx(round(accuracy * 8 / 100), abs=1e-3)  # of 8 held-out images

    (export,) = page('Into production')
    told = json.loads(type_in(export).splitlines()[-1])
    said = read_metadata(own / 'classifier.onnx')
    assert told['metadata'] == said
    assert (said['classes'], said['size'], said['channel_order']) == (['cats', 'dogs'], [24, 24], 'rgb')
    assert said['mean'] == [123.675, 116.28, 103.53]
    init_default_scope('mmpretrain')
    classifier = MODELS.build(dict(cfg.model, data_preprocessor=cfg.data_preprocessor)).eval()
    classifier.load_state_dict(torch.load(own / 'classifier' / 'epoch_1.pth', weights_only=False)['state_dict'])
    image = read_image(own / 'photos' / 'cats' / 'plain.png')[:, :24]
    inputs = (image - np.array(said['mean'])) / np.array(said['std'])
    inputs = inputs.transpose(2, 0, 1)[None].astype(np.float32)
    (scores,) = onnxruntime.InferenceSession(str(own / 'classifier.onnx')).run(None, dict(image=inputs))
    bgr = torch.from_numpy(image[..., ::-1].transpose(2, 0, 1)[None].copy())
    with torch.no_grad():
        ours = classifier(classifier.data_preprocessor(dict(inputs=bgr))['inputs'], mode='tensor')
    np.testing.assert_allclose(scores, ours.numpy(), atol=1e-5)

    by_onnx, by_inferencer = page('Into production', 'python')
    assert python(by_onnx, capfd) in ('cats', 'dogs')
    assert re.search(r'(cats|dogs) 0\.[5-9]', python(by_inferencer, capfd))


def test_boxes_of_own_classes(page, type_in, tmp_path, capfd):
    own = tmp_path / 'own'
    boxes(own / 'boxes')
    train, test = page('Detect')
    type_in(train, 'model.backbone.genotype=PDARTS', 'default_hooks.logger.interval=1')
    cfg = Config.fromfile(own / 'detector' / 'retinanet_genotype_fpn_own.py')
    assert cfg.model.bbox_head.num_classes == 2
    # As the file numbers them, whatever their order in the option
    assert cfg.train_dataloader.dataset.dataset.metainfo.classes == ['blue cup', 'red plate']
    # 16 of 20 images in batches of 8: the warm-up ends with the epoch, the cosine is at its half.
    lines = [json.loads(line) for line in next(own.glob('detector/*/vis_data/scalars.json')).read_text().splitlines()]
    assert [line['lr'] for line in lines if 'lr' in line] == pytest.approx([0.01 * 0.005, 0.5 * 0.005])
    out = type_in(test, 'model.test_cfg.score_thr=0.0')
    assert re.search(r'coco/bbox_mAP: \d', out)
    assert len(list((own / 'detector').rglob('predictions/*.png'))) == 4
    (predict,) = page('Detect', 'python')
    assert re.search(r'^\[.*\] \[.*\] \[.*\]$', python(predict, capfd), re.MULTILINE)


def boxes(root, count=20):
    """Red plates and blue cups on grey, with their boxes in the format of COCO."""
    draw = np.random.default_rng(0)
    images, annotations = [], []
    (root / 'images').mkdir(parents=True)
    for number in range(count):
        image = np.full((96, 128, 3), 200, np.uint8)
        for _ in range(2):
            kind, (width, height) = int(draw.integers(2)), draw.integers(24, 48, 2).tolist()
            left, top = int(draw.integers(128 - width)), int(draw.integers(96 - height))
            image[top : top + height, left : left + width] = [(255, 0, 0), (0, 0, 255)][kind]
            box = dict(image_id=number, category_id=7 - kind, bbox=[left, top, width, height], area=width * height)
            annotations.append(dict(box, id=len(annotations) + 1, iscrowd=0))
        Image.fromarray(image).save(root / 'images' / f'{number}.png')
        images.append(dict(id=number, file_name=f'{number}.png', height=96, width=128))
    kinds = [dict(id=6, name='blue cup'), dict(id=7, name='red plate')]
    content = dict(images=images, annotations=annotations, categories=kinds)
    (root / 'boxes.json').write_text(json.dumps(content))


def test_four_bands_go_the_whole_way_with_options_alone(call, tmp_path, monkeypatch):
    for number in range(16):
        path = tmp_path / 'bands' / ('field', 'wood')[number % 2] / f'{number}.tif'
        path.parent.mkdir(parents=True, exist_ok=True)
        stored = picture(36, 40, 4, seed=number).astype(np.uint16) * 257
        tifffile.imwrite(path, stored, photometric='minisblack', planarconfig='contig')
    monkeypatch.setenv('IMAGE_FOLDER', str(tmp_path / 'bands'))
    call(
        'tools/train.py',
        SEARCH,
        '--work-dir',
        tmp_path / 's',
        '--cfg-options',
        *LOADERS,
        *NETWORK,
        *ONE,
    )
    genotype = tmp_path / 's' / 'genotype.json'
    assert load_genotype(genotype).search['in_channels'] == 4
    assert len(list((tmp_path / 's').glob('*/vis_data/vis_image/reconstruction_1.png'))) == 1
    call('tools/visualization/report.py', tmp_path / 's')
    counted = json.loads(
        call('tools/analysis/get_flops.py', genotype, '--init-channels', 2, '--layers', 3).splitlines()[-1]
    )
    assert counted['input'] == [4, 32, 32]
    options = [*LOADERS, *TESTED, *RETRAINED, *ONE, f'model.backbone.genotype={genotype}']
    call('tools/train.py', RETRAIN, '--work-dir', tmp_path / 'r', '--cfg-options', *options)
    left = tmp_path / 'r' / Path(RETRAIN).name
    out = tmp_path / 'bands.onnx'
    told = json.loads(call('tools/misc/export.py', left, tmp_path / 'r' / 'epoch_1.pth', '--out', out).splitlines()[-1])
    assert told['input'] == [4, 32, 32]
    assert told['metadata']['classes'] == ['field', 'wood']
    assert len(told['metadata']['mean']) == 4
    assert 'channel_order' not in told['metadata']


def test_the_notebook_searches(page, own, monkeypatch, repository, capfd):
    monkeypatch.chdir(repository)
    (block,) = page('In a notebook', 'python')
    few = ['own_images.max_broken=0.1', *ONE, *LOADERS, *NETWORK]
    block = block.replace("    'train_cfg.max_epochs=10',\n", ''.join(f'    {option!r},\n' for option in few))
    assert python(block, capfd).splitlines()[-1] == '(64, 128, 256)'
