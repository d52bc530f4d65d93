"""Your own images with labels: a folder, IMAGE_FOLDER, with a folder for each class, or Parquet files with labels.

``own_images`` fills in what is None or absent here: see mmnas_mae.apis.OwnClasses. Images of three channels are BGR and
turned to RGB, as for mmpretrain's inferencers.
"""

import os

own_images = dict(type='mmnas_mae.OwnClasses', data_root=os.environ.get('IMAGE_FOLDER', 'data/images'))
train_dataloader = dict(
    batch_size=96,
    num_workers=4,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        pipeline=[
            dict(type='RandomResizedCrop', scale=None, crop_ratio_range=(0.35, 1.0)),
            dict(type='RandomFlip', prob=0.5, direction='horizontal'),
            dict(type='PackInputs'),
        ],
    ),
)
val_dataloader = dict(
    batch_size=96,
    num_workers=2,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        pipeline=[
            dict(type='ResizeEdge', scale=None, edge='short'),
            dict(type='CenterCrop', crop_size=None),
            dict(type='PackInputs'),
        ],
    ),
)
test_dataloader = val_dataloader
# Two classes have no top-5.
val_evaluator = dict(type='Accuracy', topk=(1,))
test_evaluator = val_evaluator
