"""The contract with mmdet: one backbone for one-stage, two-stage and segmentation models, and its refusals."""

import json
import sys

import cv2
import numpy as np
import pytest
import torch
from mmdet.structures import DetDataSample
from mmdet.structures.mask import BitmapMasks
from mmengine.config import Config
from mmengine.registry import MODELS, init_default_scope
from mmengine.structures import InstanceData, PixelData

from mmnas_mae.costs import CountedParts, measure_complexity

UPSTREAM = {
    'retinanet_genotype_fpn_1x_coco.py': 'mmdet::retinanet/retinanet_r50_fpn_1x_coco.py',
    'retinanet_random_fpn_1x_coco.py': 'mmdet::retinanet/retinanet_r50_fpn_1x_coco.py',
    'faster-rcnn_genotype_fpn_1x_coco.py': 'mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py',
    'panoptic-fpn_genotype_fpn_1x_coco.py': 'mmdet::panoptic_fpn/panoptic-fpn_r50_fpn_1x_coco.py',
}


def config(repository, name):
    return Config.fromfile(repository / 'configs' / 'detection' / name)


def build(repository, name, **backbone):
    cfg = config(repository, name)
    small = dict(genotype='DARTS_V2', init_channels=4, layers=5, init_cfg=None)
    channels = [16, 32, 64] if len(cfg.model.backbone.out_indices) == 3 else [4, 16, 32, 64]
    cfg.merge_from_dict({'model.neck.in_channels': channels})
    cfg.model.backbone.update({**small, **backbone})
    init_default_scope('mmdet')
    return MODELS.build(cfg.model)


def test_backbone_and_neck_are_what_a_detector_costs(repository):
    with torch.device('meta'):
        model = build(repository, 'retinanet_genotype_fpn_1x_coco.py')
    parts = CountedParts(model)
    assert parts.names == ('backbone', 'neck')
    whole, backbone = (measure_complexity(part, (3, 64, 64)) for part in (parts, model.backbone))
    # A 1x1 and a 3x3 convolution for each input (16, 32, 64 channels, strides 8, 16, 32), two more of stride 2.
    lateral, wide = (16 + 32 + 64) * 256, 256 * 256 * 9
    assert whole.params - backbone.params == lateral + 3 * 256 + 3 * (wide + 256) + (64 * 256 * 9 + 256) + (wide + 256)
    laterals = (16 * 8**2 + 32 * 4**2 + 64 * 2**2) * 256
    assert whole.macs - backbone.macs == laterals + wide * (8**2 + 4**2 + 2**2) + 64 * 256 * 9 + wide


@pytest.mark.parametrize('name, upstream', UPSTREAM.items())
def test_only_the_backbone_and_the_inputs_of_the_neck_are_replaced(repository, tmp_path, name, upstream):
    ours = config(repository, name).to_dict()
    (tmp_path / 'upstream.py').write_text(f'_base_ = {upstream!r}')
    theirs = Config.fromfile(tmp_path / 'upstream.py').to_dict()
    backbone = ours['model'].pop('backbone')
    theirs['model'].pop('backbone')
    for key in ('in_channels', 'start_level'):
        theirs['model']['neck'].pop(key, None)
    channels = ours['model']['neck'].pop('in_channels')
    assert ours['model']['neck'].pop('start_level', 0) == 0
    assert ours['default_hooks']['checkpoint'].pop('type') == 'mmnas_mae.CompleteCheckpointHook'
    assert theirs['default_hooks']['checkpoint'].pop('type') == 'CheckpointHook'
    assert ours == theirs
    with torch.device('meta'):
        built = MODELS.build({**backbone, 'init_cfg': None})
    assert built.out_channels == tuple(channels)
    assert built.out_strides == ((8, 16, 32) if len(channels) == 3 else (4, 8, 16, 32))


def test_pyramids_start_where_the_anchors_do(repository):
    images = torch.zeros(1, 3, 128, 192)
    model = build(repository, 'retinanet_genotype_fpn_1x_coco.py')
    features = model.extract_feat(images)
    strides = [stride for stride, _ in model.bbox_head.prior_generator.strides]
    assert strides == [8, 16, 32, 64, 128]
    assert [tuple(f.shape[2:]) for f in features] == [(-(-128 // s), -(-192 // s)) for s in strides]
    for name in ('faster-rcnn_genotype_fpn_1x_coco.py', 'panoptic-fpn_genotype_fpn_1x_coco.py'):
        model = build(repository, name)
        strides = [stride for stride, _ in model.rpn_head.prior_generator.strides]
        assert strides == [4, 8, 16, 32, 64]
        features = model.extract_feat(images)
        assert [tuple(f.shape[2:]) for f in features] == [(128 // s, 192 // s) for s in strides]


def test_the_two_stage_detector_learns_real_images(launch, tiny, coco, classifier, tmp_path):
    options = [*tiny, *coco, f'model.backbone.init_cfg.checkpoint={classifier}']
    options += ['model.backbone.frozen_stages=-1', 'model.backbone.norm_eval=False']
    options += ['model.neck.in_channels=[8,32,64,128]', 'model.neck.out_channels=16', 'model.rpn_head.in_channels=16']
    options += ['model.rpn_head.feat_channels=16', 'model.roi_head.bbox_roi_extractor.out_channels=16']
    options += ['model.roi_head.bbox_head.in_channels=16', 'model.roi_head.bbox_head.fc_out_channels=32']
    options += ['train_cfg.max_epochs=12', 'train_cfg.val_interval=12', 'default_hooks.checkpoint.interval=12']
    options += ['param_scheduler.0.end=3', 'log_level=ERROR', 'optim_wrapper.optimizer.lr=0.02']
    runner = launch('detection/faster-rcnn_genotype_fpn_1x_coco.py', tmp_path, options, '--no-validate')
    start = runner.model.backbone.stem0[0].weight.clone()
    runner.train()
    losses, _ = runner.message_hub.get_scalar('train/loss').data
    assert len(losses) == 12
    assert np.isfinite(losses).all()
    assert np.mean(losses[-3:]) < 0.8 * losses[0]
    # Gradients reach stride 4 and what is before it.
    assert not torch.equal(runner.model.backbone.stem0[0].weight, start)


def panoptic_sample(root):
    """A real image with its boxes; each box filled stands for a mask, which coco_mini lacks."""
    content = json.loads((root / 'instances_train2017.json').read_text())
    image = next(image for image in content['images'] if image['id'] == 25)
    pixels = cv2.resize(cv2.imread(str(root / 'train2017' / image['file_name'])), (128, 96))
    scale = torch.tensor([128 / image['width'], 96 / image['height']] * 2)
    found = [box for box in content['annotations'] if box['image_id'] == 25]
    boxes = torch.tensor([box['bbox'] for box in found]) * scale
    boxes[:, 2:] += boxes[:, :2]
    masks = np.zeros((len(boxes), 96, 128), np.uint8)
    for mask, (x1, y1, x2, y2) in zip(masks, boxes.round().int().tolist()):
        mask[y1:y2, x1:x2] = 1
    labels = torch.full((len(boxes),), 23)
    meta = dict(img_shape=(96, 128), ori_shape=(96, 128), pad_shape=(96, 128), scale_factor=(1, 1))
    sample = DetDataSample(metainfo=meta)
    sample.gt_instances = InstanceData(bboxes=boxes, labels=labels, masks=BitmapMasks(masks, 96, 128))
    # Stuff comes after the 80 things.
    semantic = torch.where(torch.from_numpy(masks.max(0)) == 1, 23, 90)
    sample.gt_sem_seg = PixelData(sem_seg=semantic[None])
    return dict(inputs=[torch.from_numpy(pixels).permute(2, 0, 1)], data_samples=[sample])


def test_panoptic_segmentation_reads_every_stride(repository, data_file):
    model = build(repository, 'panoptic-fpn_genotype_fpn_1x_coco.py', frozen_stages=-1, norm_eval=False)
    data = panoptic_sample(data_file('coco_mini'))
    batch = model.data_preprocessor(data, training=True)
    features = []
    model.backbone.register_forward_hook(lambda module, inputs, outputs: features.extend(outputs))
    losses = model(**batch, mode='loss')
    total, _ = model.parse_losses(losses)
    assert set(losses) >= {'loss_seg', 'loss_mask', 'loss_bbox', 'loss_rpn_cls'}
    for feature in features:
        # The semantic head alone reads each of them.
        (gradient,) = torch.autograd.grad(losses['loss_seg'], feature, retain_graph=True)
        assert float(gradient.abs().max()) > 0
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    first = float(losses['loss_seg'].detach())
    for _ in range(6):
        total, _ = model.parse_losses(losses)
        optimizer.zero_grad()
        total.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 10)
        optimizer.step()
        losses = model(**model.data_preprocessor(data, training=True), mode='loss')
    assert float(losses['loss_seg'].detach()) < 0.8 * first
    with torch.no_grad():
        (predicted,) = model.eval()(**model.data_preprocessor(data, training=False), mode='predict')
    assert predicted.pred_panoptic_seg.sem_seg.shape == (1, 96, 128)


def test_the_operators_are_the_compiled_ones():
    import mmcv._ext
    from mmcv.ops import nms, roi_align

    assert mmcv._ext.__file__.endswith(('.so', '.pyd'))
    boxes = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 9], [20, 20, 30, 30]])
    kept, index = nms(boxes, torch.tensor([0.5, 0.9, 0.7]), iou_threshold=0.8)
    assert index.tolist() == [1, 2]
    torch.testing.assert_close(kept[:, 4], torch.tensor([0.9, 0.7]))
    # A plane is its own bilinear interpolation: bins of 2 x 2 from (2, 2) have their centres at 3 and 5.
    plane = torch.arange(12.0).repeat(12, 1)[None, None]
    bins = roi_align(plane, torch.tensor([[0.0, 2, 2, 6, 6]]), (2, 2), 1.0, 2, 'avg', True)
    torch.testing.assert_close(bins[0, 0], torch.tensor([[2.5, 4.5], [2.5, 4.5]]))


def test_missing_operators_are_named_with_the_way_to_get_them(launch, repository, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, 'mmcv._ext', None)
    reason = r"mmdet needs mmcv's compiled operators; .*: build and install them with `python tools/misc/build"
    with pytest.raises(RuntimeError, match=reason) as error:
        launch('detection/retinanet_genotype_fpn_1x_coco.py', tmp_path, ['log_level=ERROR'])
    assert '\n' not in str(error.value)
    assert (repository / 'tools/misc/build_mmcv_ops.py').is_file()


@pytest.mark.parametrize(
    'option, reason',
    [
        ('genotype=|none~0|+|none~0|none~1|+|none~0|none~1|none~2|', "needs a DARTS genotype .* 'nasbench201'"),
        ('genotype=64-41414-1_02_333', "needs a DARTS genotype .* 'transnas101_micro'"),
        ('genotype=RESNET', "genotype 'RESNET' is no file"),
        ('out_indices=[0,1,3]', r'out_indices must be chosen from .*, got \(0, 1, 3\)'),
        ('layers=2', 'layers must be at least 3'),
    ],
)
def test_a_backbone_that_cannot_be_is_refused_in_one_line(launch, tiny, tmp_path, option, reason):
    options = [*tiny, 'log_level=ERROR', f'model.backbone.{option}']
    with pytest.raises((ValueError, FileNotFoundError), match=reason) as error:
        launch('detection/retinanet_genotype_fpn_1x_coco.py', tmp_path, options)
    assert '\n' not in str(error.value)


def test_a_classifier_of_another_genotype_is_refused(launch, tiny, coco, classifier, tmp_path):
    options = [*tiny, *coco, 'model.backbone.genotype=PDARTS', f'model.backbone.init_cfg.checkpoint={classifier}']
    options += ['model.neck.in_channels=[32,64,128]', 'log_level=ERROR']
    runner = launch('detection/retinanet_genotype_fpn_1x_coco.py', tmp_path, options)
    with pytest.raises(ValueError, match=r'epoch_1.pth.*these weights are not of this genotype') as error:
        runner.train()
    assert '\n' not in str(error.value)
