"""Any folder of images, IMAGE_FOLDER, searched through recursively, without labels, in crops of 32 pixels.

45 % of the images are for the weights, 45 % for the architecture, 10 % are held out. Images are read as BGR and turned
to RGB.
"""

data_preprocessor = dict(
    type='ImgDataPreprocessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375], bgr_to_rgb=True
)
data_root = '{{$IMAGE_FOLDER:data/images}}'
parts = [('weights', 0.45), ('arch', 0.45), ('heldout', 0.1)]
train_dataloader = dict(
    batch_size=64,
    num_workers=4,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='weights',
        parts=parts,
        dataset=dict(
            type='CustomDataset',
            data_root=data_root,
            with_label=False,
            pipeline=[
                dict(type='LoadImageFromFile'),
                dict(type='RandomResizedCrop', scale=32, crop_ratio_range=(0.2, 1.0)),
                dict(type='RandomFlip', prob=0.5, direction='horizontal'),
                dict(type='mmnas_mae.PackImages'),
            ],
        ),
    ),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=2,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='heldout',
        parts=parts,
        dataset=dict(
            type='CustomDataset',
            data_root=data_root,
            with_label=False,
            pipeline=[
                dict(type='LoadImageFromFile'),
                dict(type='ResizeEdge', scale=36, edge='short'),
                dict(type='CenterCrop', crop_size=32),
                dict(type='mmnas_mae.PackImages'),
            ],
        ),
    ),
)
test_dataloader = val_dataloader
