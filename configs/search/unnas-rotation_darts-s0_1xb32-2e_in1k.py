"""UnNAS by rotations, on ImageNet-1k in S0 (paper Tables 3 and 6).

Command: python tools/train.py configs/search/unnas-rotation_darts-s0_1xb32-2e_in1k.py
Hardware: 1 GPU; the paper gives no cost.
Expected: a cell of 552 M multiply-adds and 5.1 M parameters at 14 layers x 42 channels that reaches 75.8 % top-1
(paper); not yet reproduced.

Settings of facebookresearch/unnas: half of the images for the weights, half for alpha, 2 epochs, alpha from the second,
SGD 0.05 with cosine decay and weight decay 3e-5, Adam 1.5e-4. Its lighting jitter is left out.
"""

_base_ = [
    '../_base_/models/rotation_darts-s0.py',
    '../_base_/datasets/in1k_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(stem='imagenet'))
train_dataloader = dict(batch_size=32, dataset=dict(parts=[('weights', 0.5), ('arch', 0.5)]))
optim_wrapper = dict(weights=dict(optimizer=dict(lr=0.05, weight_decay=3e-5)), arch=dict(optimizer=dict(lr=1.5e-4)))
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=0, end=2)])
train_cfg = dict(max_epochs=2, val_interval=1)
default_hooks = dict(bilevel=dict(warmup_epochs=1))
