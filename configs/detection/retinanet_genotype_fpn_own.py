"""RetinaNet on a derived backbone for your own boxes: images, annotations in the format of COCO, classes and size.

Command: python tools/train.py configs/detection/retinanet_genotype_fpn_own.py --cfg-options \
    model.backbone.genotype=work_dirs/SEARCH/genotype.json own_images.images=path/to/images \
    own_images.annotations=boxes.json own_images.classes="[cup,plate]" own_images.size=640 \
    model.backbone.init_cfg.checkpoint=work_dirs/RETRAIN/epoch_200.pth
Hardware: 1 GPU, 8 images.
Expected: a detector of your boxes; no table of the paper.

Without own_images.classes all categories of the annotations; without own_images.images the folder IMAGE_FOLDER; a fifth
of the images is held out, or own_images.heldout_annotations=others.json. The checkpoint is a classifier with the same
init_channels, layers and the stem of ImageNet, which configs/retrain/genotype-l20-c36_1xb96-200e_folder.py has above 64
pixels; without it the backbone is trained from scratch. Warm-up lasts one epoch, however long; gradients are
clipped; a loss of NaN ends the run. Drawn predictions: tools/test.py with --cfg-options
default_hooks.visualization.draw=True default_hooks.visualization.test_out_dir=predictions
"""

import os

_base_ = ['mmdet::retinanet/retinanet_r50_fpn_1x_coco.py', '../_base_/networks/genotype_coco.py']
_base_.merge(_base_.pop('network'))
own_images = dict(type='mmnas_mae.OwnBoxes', images=os.environ.get('IMAGE_FOLDER', 'data/images'), annotations=None)
# What is None is left to the images, their annotations and the backbone.
model = dict(
    data_preprocessor=dict(mean=None, std=None, bgr_to_rgb=None),
    backbone=dict(
        init_channels=36,
        layers=20,
        out_indices=(0, 1, 2),
        frozen_stages=None,
        norm_eval=None,
        init_cfg=dict(checkpoint=None),
    ),
    # The neck counts inputs: ResNet's first, which is left out, is at stride 4.
    neck=dict(in_channels=None, start_level=0),
    bbox_head=dict(num_classes=None),
)
train_dataloader = dict(
    batch_size=8,
    dataset=dict(
        _delete_=True,
        type='mmnas_mae.SearchSplit',
        pipeline=[
            dict(type='mmnas_mae.LoadImageFromFile'),
            dict(type='LoadAnnotations', with_bbox=True),
            dict(type='Resize', scale=None, keep_ratio=True),
            dict(type='RandomFlip', prob=0.5),
            dict(type='PackDetInputs'),
        ],
    ),
)
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmnas_mae.SearchSplit',
        pipeline=[
            dict(type='mmnas_mae.LoadImageFromFile'),
            dict(type='Resize', scale=None, keep_ratio=True),
            dict(type='LoadAnnotations', with_bbox=True),
            dict(
                type='PackDetInputs',
                # The boxes that predictions are compared with: those of the held-out images alone.
                meta_keys=('img_id', 'img_path', 'ori_shape', 'img_shape', 'scale_factor', 'instances'),
            ),
        ],
    )
)
test_dataloader = val_dataloader
val_evaluator = dict(_delete_=True, type='CocoMetric', metric='bbox')
test_evaluator = val_evaluator
train_cfg = dict(max_epochs=24)
optim_wrapper = dict(optimizer=dict(lr=0.005), clip_grad=dict(max_norm=10))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=True, begin=0, end=1, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=0, end=None, convert_to_iter_based=True),
]
default_hooks = dict(
    finite_loss=dict(type='mmnas_mae.FiniteLossHook'),
    random_state=dict(type='mmnas_mae.RandomStateHook'),
    checkpoint=dict(max_keep_ckpts=2, save_best='auto'),
    logger=dict(interval=10),
)
