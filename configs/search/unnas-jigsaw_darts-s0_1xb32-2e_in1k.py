"""UnNAS by jigsaw puzzles of 3x3 tiles, 1,000 permutations, on ImageNet-1k in S0.

Command: python tools/train.py configs/search/unnas-jigsaw_darts-s0_1xb32-2e_in1k.py
Hardware: 1 GPU.
Expected: no figure in the paper; the cell is evaluated at 14 layers x 42 channels; not yet reproduced.

Settings of facebookresearch/unnas: as unnas-rotation_darts-s0_1xb32-2e_in1k.py, on crops of 255 pixels from images
whose short side is 256; tiles have 64 of the 85 pixels of a patch.
"""

_base_ = ['./unnas-rotation_darts-s0_1xb32-2e_in1k.py']
model = dict(
    _delete_=True,
    type='mmnas_mae.JigsawSearch',
    backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=16, layers=8, stem='imagenet'),
    head=dict(type='mmnas_mae.LinearHead'),
    grid=3,
    num_permutations=1000,
    tile_ratio=0.76,
    grey_prob=0.3,
)
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='RandomCrop', crop_size=255),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='mmnas_mae.PackImages'),
]
val_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='CenterCrop', crop_size=255),
    dict(type='mmnas_mae.PackImages'),
]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = dict(dataset=dict(pipeline=val_pipeline))
