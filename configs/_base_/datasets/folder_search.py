"""Your own images without labels: a folder, IMAGE_FOLDER, and all folders below it, or Parquet files.

45 % of the images are for the weights, 45 % for the architecture, 10 % are held out. ``own_images`` fills in what is
None or absent here: see mmnas_mae.apis.OwnSearch.
"""

import os

own_images = dict(type='mmnas_mae.OwnSearch', data_root=os.environ.get('IMAGE_FOLDER', 'data/images'), size=32)
data_preprocessor = dict(type='mmnas_mae.SearchDataPreprocessor', padding=0, flip_prob=0)
parts = [('weights', 0.45), ('arch', 0.45), ('heldout', 0.1)]
train_dataloader = dict(
    batch_size=64,
    num_workers=4,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='weights',
        parts=parts,
        pipeline=[
            dict(type='RandomResizedCrop', scale=None, crop_ratio_range=(0.2, 1.0)),
            dict(type='RandomFlip', prob=0.5, direction='horizontal'),
            dict(type='mmnas_mae.PackImages'),
        ],
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
        pipeline=[
            dict(type='ResizeEdge', scale=None, edge='short'),
            dict(type='CenterCrop', crop_size=None),
            dict(type='mmnas_mae.PackImages'),
        ],
    ),
)
test_dataloader = val_dataloader
