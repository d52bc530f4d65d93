"""MAE-NAS with the auxiliary skip connection of DARTS- on CIFAR-10 in S0.

Command: python tools/train.py configs/search/maenas-darts-minus_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As darts-minus_darts-s0_1xb64-50e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(connection=dict(type='mmnas_mae.AuxiliarySkipMixedOp')))
default_hooks = dict(auxiliary_skip=dict(type='mmnas_mae.AuxiliarySkipHook', base=1.0))
