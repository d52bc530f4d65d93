"""ImageNet-1k without its labels: 10 % of the images for the weights, 2.5 % for the architecture.

The parts are drawn from all images alike; the per-class draw of PC-DARTS would read labels.
Images are read as BGR and turned to RGB.
"""

data_preprocessor = dict(
    type='ImgDataPreprocessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True
)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='RandomResizedCrop', scale=224),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='mmnas_mae.PackImages'),
]
val_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='CenterCrop', crop_size=224),
    dict(type='mmnas_mae.PackImages'),
]
train_dataloader = dict(
    batch_size=128,
    num_workers=8,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='weights',
        parts=[('weights', 0.1), ('arch', 0.025)],
        dataset=dict(type='CustomDataset', data_root='data/imagenet/train', with_label=False, pipeline=train_pipeline),
    ),
)
val_dataloader = dict(
    batch_size=128,
    num_workers=8,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='CustomDataset', data_root='data/imagenet/val', with_label=False, pipeline=val_pipeline),
)
test_dataloader = val_dataloader
