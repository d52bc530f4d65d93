"""A search in minutes on two CPU cores, on photographs that come with installed packages, in NAS-Bench-201.

Command: make quickstart
Hardware: 2 CPU cores.
Expected: a cell, whether the search has decided on it, and its true accuracy among all 15,625; no table of the paper.
docs/evidence.md has the cells of several seeds.

The weights are trained alone at first: an alpha that moves from the first step follows pooling, which fills holes
before a convolution has learned to. Alpha then moves in a direction averaged over ten steps (Adam with a first
momentum of 0.9), since that of a single batch is mostly noise, ever more slowly, and a falling temperature makes it
decide.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/photos_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
warmup, decided, epochs = 10, 18, 24
model = dict(
    backbone=dict(init_channels=8, cells_per_stage=3, relaxation=dict(type='mmnas_mae.SoftmaxRelaxation', tau=1.0)),
    mask_generator=dict(ratio=0.75),
)
optim_wrapper = dict(
    weights=dict(optimizer=dict(lr=0.1)),
    arch=dict(optimizer=dict(lr=0.03, betas=(0.9, 0.999))),
)
param_scheduler = dict(
    weights=[dict(type='CosineAnnealingLR', eta_min=0.001, by_epoch=True, begin=0, end=epochs)],
    arch=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=warmup, end=decided)],
)
train_cfg = dict(max_epochs=epochs, val_interval=4)
custom_hooks = [dict(type='mmnas_mae.TemperatureHook', start=1.0, end=0.1)]
default_hooks = dict(logger=dict(interval=8), bilevel=dict(warmup_epochs=warmup))
