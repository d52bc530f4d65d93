"""MAE-NAS with the sigmoids and the zero-one loss of FairDARTS on CIFAR-10 in S0 without none.

Command: python tools/train.py configs/search/maenas-fairdarts_darts-s0_1xb128-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As fairdarts_darts-s0_1xb128-50e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(
    backbone=dict(
        space='darts_s0_sparse',
        relaxation=dict(
            type='mmnas_mae.SigmoidRelaxation', regularizer=dict(type='mmnas_mae.ZeroOneLoss', weight=10.0, norm='l2')
        ),
        derivation=dict(threshold=0.85),
    )
)
train_dataloader = dict(batch_size=128)
optim_wrapper = dict(weights=dict(optimizer=dict(lr=0.005)), arch=dict(optimizer=dict(lr=3e-3, betas=(0.9, 0.999))))
