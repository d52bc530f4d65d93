"""Crops of photographs that come with installed packages, seen as 32-pixel images; halves for weights and alpha.

A crop of 128 pixels of a photograph, of which a random part of 30 % or more is shown. The crops overlap, so weights
and alpha see different parts of the same seven scenes; the held-out crops share no pixel with them.
"""

data_preprocessor = dict(type='ImgDataPreprocessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
train_dataloader = dict(
    batch_size=64,
    num_workers=0,
    drop_last=True,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='weights',
        parts=[('weights', 0.5), ('arch', 0.5)],
        dataset=dict(
            type='mmnas_mae.PhotoCrops',
            split='train',
            size=128,
            stride=16,
            downscale=1,
            pipeline=[
                dict(type='RandomResizedCrop', scale=32, crop_ratio_range=(0.3, 1.0)),
                dict(type='RandomFlip', prob=0.5, direction='horizontal'),
                dict(type='mmnas_mae.PackImages'),
            ],
        ),
    ),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='heldout',
        parts=[('heldout', 0.9)],
        dataset=dict(
            type='mmnas_mae.PhotoCrops',
            split='val',
            size=128,
            stride=16,
            downscale=1,
            pipeline=[
                dict(type='Resize', scale=(32, 32)),
                dict(type='mmnas_mae.PackImages'),
            ],
        ),
    ),
)
test_dataloader = val_dataloader
