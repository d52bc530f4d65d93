"""A network of TransNAS-Bench-101 on semantic segmentation, with the benchmark's own decoder.

Command: python tools/train.py configs/retrain/transnas101-segmentation_1xb128-30e_coco.py \
    --cfg-options model.network.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU; needs mmdet and mmcv's compiled operators.
Expected: no published number, since the benchmark trained on Taskonomy; not yet reproduced.

The benchmark's task segmentsemantic on COCO with its 171 classes of things and stuff: 30 epochs, batch 128, SGD with
Nesterov's momentum from 0.1, cosine by iterations, weight decay 5e-4, images of 256 x 256 pixels, flip and colour
jitter. The data set is mmdet's coco_semantic: images and maps of label numbers in data/coco/.

Source: yawen-d/TransNASBench, configs/train_from_scratch/segmentsemantic/config.py.
Differs: the data, their mean and deviation and the number of classes. Its cosine follows a warm-up whose length no
public file gives (warmup_epochs): none here.
"""

_base_ = ['mmdet::_base_/datasets/coco_semantic.py', 'mmdet::_base_/default_runtime.py']

train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations', with_bbox=False, with_label=False, with_seg=True),
    dict(type='Resize', scale=(256, 256), keep_ratio=False),
    dict(type='RandomFlip', prob=0.5),
    dict(type='mmpretrain.ColorJitter', brightness=0.2, contrast=0.2, saturation=0.2, hue=0.1),
    dict(type='PackDetInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(256, 256), keep_ratio=False),
    # After the resize: the labels keep the size of the file.
    dict(type='LoadAnnotations', with_bbox=False, with_label=False, with_seg=True),
    dict(type='PackDetInputs', meta_keys=('img_path', 'ori_shape', 'img_shape', 'scale_factor')),
]
# The label maps name no aspect ratios to batch by.
train_dataloader = dict(batch_size=128, num_workers=4, batch_sampler=None, dataset=dict(pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(pipeline=test_pipeline, test_mode=True))
test_dataloader = dict(dataset=dict(pipeline=test_pipeline, test_mode=True))
model = dict(
    type='mmnas_mae.NetworkClassifier',
    network=dict(
        type='mmnas_mae.TransNASNetwork', genotype='64-41414-1_02_333', num_classes=171, decoder='segmentation'
    ),
    data_preprocessor=dict(
        type='DetDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
        # The coarsest stride of the network
        pad_size_divisor=32,
        pad_seg=True,
        seg_pad_value=255,
    ),
)
epochs = 30
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4))
param_scheduler = dict(
    type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=0, end=epochs, convert_to_iter_based=True
)
train_cfg = dict(by_epoch=True, max_epochs=epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
# Predictions are maps, not boxes to draw.
default_hooks = dict(
    visualization=dict(draw=False), checkpoint=dict(save_best='mIoU', max_keep_ckpts=2), logger=dict(interval=100)
)
auto_scale_lr = dict(base_batch_size=128)
