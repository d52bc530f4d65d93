"""A search of S0 in minutes on two CPU cores, on photographs that come with installed packages.

Command: python tools/train.py configs/quickstart/maenas_darts-s0-c4-l5_photos.py
Hardware: 2 CPU cores.
Expected: a genotype, and reconstructions of held-out crops. The setting is far too small for the search to decide, and
it says so; the examples of own parts build on it.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
model = dict(backbone=dict(init_channels=4, layers=5))
data_preprocessor = dict(type='ImgDataPreprocessor', mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
epochs = 4
train_dataloader = dict(
    batch_size=16,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='weights',
        parts=[('weights', 0.1), ('arch', 0.1)],
        dataset=dict(
            type='mmnas_mae.PhotoCrops',
            split='train',
            pipeline=[
                dict(type='RandomFlip', prob=0.5, direction='horizontal'),
                dict(type='mmnas_mae.PackImages'),
            ],
        ),
    ),
)
val_dataloader = dict(
    batch_size=32,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='heldout',
        parts=[('heldout', 0.2)],
        dataset=dict(type='mmnas_mae.PhotoCrops', split='val', pipeline=[dict(type='mmnas_mae.PackImages')]),
    ),
)
test_dataloader = val_dataloader
# Few steps, so larger ones.
optim_wrapper = dict(weights=dict(optimizer=dict(lr=0.1)), arch=dict(optimizer=dict(lr=3e-3)))
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.001, by_epoch=True, begin=0, end=epochs)])
train_cfg = dict(max_epochs=epochs, val_interval=1)
default_hooks = dict(logger=dict(interval=10))
