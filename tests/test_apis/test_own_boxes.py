"""What a detector of one's own boxes leaves open is read from images and annotations, and what is wrong is said."""

import json
import re

import pytest
from awkward_images import picture
from mmengine.registry import DATASETS, init_default_scope
from PIL import Image

from mmnas_mae.utils.config import read_config

CONFIG = 'configs/detection/retinanet_genotype_fpn_own.py'


@pytest.fixture
def own(tmp_path):
    """Six images with a box of each of two classes, in the order of the file ``dog``, ``big cat``."""
    images, annotations = [], []
    for number in range(6):
        Image.fromarray(picture(40, 60, seed=number)).save(tmp_path / f'{number}.png')
        images.append(dict(id=number, file_name=f'{number}.png', height=40, width=60))
        for kind in (3, 9):
            box = dict(image_id=number, category_id=kind, bbox=[2 * kind, 3, 10, 12], area=120, iscrowd=0)
            annotations.append(dict(box, id=len(annotations) + 1))
    kinds = [dict(id=9, name='dog'), dict(id=3, name='big cat')]
    return tmp_path, dict(images=images, annotations=annotations, categories=kinds)


@pytest.fixture
def read(repository, own):
    root, content = own

    def load(**options):
        (root / 'boxes.json').write_text(json.dumps(content))
        given = {'own_images.images': str(root), 'own_images.annotations': str(root / 'boxes.json')}
        return read_config(
            repository / CONFIG, given | {key.replace('__', '.'): value for key, value in options.items()}
        )

    return load


def test_four_settings_reach_data_classes_sizes_and_widths(read, own):
    root, _ = own
    cfg = read(own_images__classes=['big cat', 'dog'], own_images__size=96, train_cfg__max_epochs=5)
    assert cfg.model.bbox_head.num_classes == 2
    assert cfg.model.neck.in_channels == [144, 288, 576]
    assert cfg.param_scheduler[1].end == 5
    assert (cfg.model.backbone.init_cfg, cfg.model.backbone.frozen_stages, cfg.model.backbone.norm_eval) == (
        None,
        -1,
        False,
    )
    for loader, resize in ((cfg.train_dataloader, 2), (cfg.val_dataloader, 1), (cfg.test_dataloader, 1)):
        assert loader.dataset.pipeline[resize].scale == (96, 96)
    init_default_scope('mmdet')
    train, val = (DATASETS.build(cfg[f'{part}_dataloader'].dataset) for part in ('train', 'val'))
    assert (len(train), len(val)) == (4, 2)
    assert not {train.get_data_info(i)['img_path'] for i in range(4)} & {
        val.get_data_info(i)['img_path'] for i in range(2)
    }
    # Names and numbers agree though the option has another order than the file.
    names = train.metainfo['classes']
    for instance in train.get_data_info(0)['instances']:
        assert names[instance['bbox_label']] == {18: 'dog', 6: 'big cat'}[instance['bbox'][0]]


def test_a_classifier_starts_it(read):
    cfg = read(model__backbone__init_cfg__checkpoint='classifier.pth')
    assert cfg.model.backbone.init_cfg == dict(type='Pretrained', checkpoint='classifier.pth', prefix='backbone.')
    assert (cfg.model.backbone.frozen_stages, cfg.model.backbone.norm_eval) == (0, True)


def test_some_classes_and_other_held_out_images(read, own):
    root, content = own
    (root / 'others.json').write_text(json.dumps(content))
    cfg = read(own_images__classes='dog', own_images__heldout_annotations=str(root / 'others.json'))
    assert cfg.model.bbox_head.num_classes == 1
    init_default_scope('mmdet')
    train, val = (DATASETS.build(cfg[f'{part}_dataloader'].dataset) for part in ('train', 'val'))
    assert (len(train), len(val)) == (6, 6)
    assert [instance['bbox'][0] for instance in val.get_data_info(0)['instances']] == [18]


@pytest.mark.parametrize(
    'kinds, classes, there',
    [
        ([dict(id=3, name='big cat'), dict(id=9, name='dog')], None, ['big cat', 'dog']),
        ([dict(id=9, name='dog')], None, ['dog']),
        ([dict(id=3, name='big cat')], ['dog'], []),
    ],
)
def test_held_out_boxes_are_numbered_as_those_of_the_training(read, own, kinds, classes, there):
    root, content = own
    (root / 'others.json').write_text(json.dumps(dict(content, categories=kinds)))
    wanted = re.escape(str(classes or ['dog', 'big cat']))
    with pytest.raises(ValueError, match=f'must have the categories {wanted} of .*, got {re.escape(str(there))}'):
        read(own_images__classes=classes, own_images__heldout_annotations=str(root / 'others.json'))


@pytest.mark.parametrize(
    'options, error, message',
    [
        (
            dict(own_images__annotations=None),
            ValueError,
            'own_images.annotations must be a JSON file in the format of COCO',
        ),
        (dict(own_images__annotations='none.json'), FileNotFoundError, "annotations 'none.json' do not exist"),
        (
            dict(own_images__images='no/such'),
            FileNotFoundError,
            r"own_images.images \(IMAGE_FOLDER\) 'no/such' is no folder",
        ),
        (
            dict(own_images__classes=['cow']),
            ValueError,
            r"'cow' is no category of .*boxes\.json; it has \['dog', 'big cat'\]",
        ),
        (dict(own_images__max_broken=0.1), ValueError, 'own_images.max_broken must be 0 or None for boxes, got 0.1'),
        (dict(own_images__size=0), ValueError, 'own_images.size must be a whole number of pixels, at least 32, got 0'),
    ],
)
def test_errors_of_settings(read, options, error, message):
    with pytest.raises(error, match=message) as info:
        read(**options)
    assert '\n' not in str(info.value)


def test_images_that_do_not_fit_their_annotations_are_found_before_the_training(read, own):
    root, content = own
    content['images'][1]['width'] = 61
    with pytest.raises(RuntimeError, match=r'1\.png: the annotations say height x width 40x61, it has 40x60'):
        read()
    content['images'][1]['width'] = 60
    (root / '2.png').write_bytes((root / '2.png').read_bytes()[:200])
    with pytest.raises(RuntimeError, match=r'2\.png: the image cannot be decoded'):
        read()
    assert read(own_images__max_broken=None).model.bbox_head.num_classes == 2
    content['annotations'] = []
    with pytest.raises(
        ValueError, match=r'boxes\.json. are not in the format of COCO: .*no images, categories or boxes'
    ):
        read()
