"""MAE-NAS with the random perturbation of SDARTS on CIFAR-10 in S1.

Command: python tools/train.py configs/search/maenas-sdarts-rs_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As sdarts-rs_darts-s1_1xb64-50e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/methods/sdarts-rs.py',
]
model = dict(backbone=dict(space='darts_s1'))
