"""MAE-NAS with the random perturbation of SDARTS on CIFAR-10 in S1.

Command: python tools/train.py configs/search/maenas-sdarts-rs_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As sdarts-rs_darts-s1_1xb64-50e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(space='darts_s1'))
default_hooks = dict(perturbation=dict(type='mmnas_mae.PerturbationHook', mode='random'))
