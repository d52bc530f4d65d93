"""PC-DARTS on CIFAR-10 in S0: a quarter of the channels, normalised edges (paper Tables 1 and 10).

Command: python tools/train.py configs/search/pcdarts_darts-s0_1xb256-50e_cifar10.py
Hardware: 1 GPU; the paper reports 0.1 GPU-days, 3.75 hours in Table 10.
Expected: the derived cell at 20 layers x 36 channels reaches 97.43 % on CIFAR-10 (Table 1), 97.09 +- 0.14 % in the mean
of 3 searches (Table 10) (paper); not yet reproduced.

Settings of yuhuixu1993/PC-DARTS; alpha rests for 15 epochs. The masked twin is maenas_pcdarts-s0_1xb256-50e_cifar10.py.
The spaces of Table 5 have pcdarts_darts-s1_1xb64-50e_cifar10.py.
"""

_base_ = [
    '../_base_/models/classification_darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(connection=dict(type='mmnas_mae.PartialMixedOp', portion=4), edge_norm=True))
train_dataloader = dict(batch_size=256)
optim_wrapper = dict(weights=dict(optimizer=dict(lr=0.1)), arch=dict(optimizer=dict(lr=6e-4)))
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=0, end=50)])
default_hooks = dict(bilevel=dict(warmup_epochs=15))
