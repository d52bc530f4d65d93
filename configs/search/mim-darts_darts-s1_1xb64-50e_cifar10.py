"""MIM-DARTS on CIFAR-10 in S1: labels, with masked reconstruction as an auxiliary loss.

Command: python tools/train.py configs/search/mim-darts_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

As mim-darts_darts-s0_1xb64-50e_cifar10.py in another space.
"""

_base_ = [
    '../_base_/objectives/mim-darts.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
