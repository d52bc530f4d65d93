"""MAE-NAS on CIFAR-10 with the partial channels of PC-DARTS (paper A.2.1, Table 10).

Command: python tools/train.py configs/search/maenas_pcdarts-s0_1xb256-50e_cifar10.py
Hardware: 1 GPU; the paper reports 3.41 hours.
Expected: the derived cell reaches 97.27 +- 0.18 % on CIFAR-10 (paper); not yet reproduced.

A quarter of the channels is searched, edges are normalised, alpha rests for 15 epochs; batch and learning rates are
those of yuhuixu1993/PC-DARTS.
"""

_base_ = ['maenas_darts-s0_1xb64-50e_cifar10.py']
model = dict(backbone=dict(connection=dict(type='mmnas_mae.PartialMixedOp', portion=4), edge_norm=True))
train_dataloader = dict(batch_size=256)
optim_wrapper = dict(weights=dict(optimizer=dict(lr=0.1)), arch=dict(optimizer=dict(lr=6e-4)))
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=0, end=50)])
default_hooks = dict(bilevel=dict(warmup_epochs=15))
