"""MAE-NAS, second order, on CIFAR-10 in S0.

Command: python tools/train.py configs/search/maenas-darts-2nd_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

As darts-2nd_darts-s0_1xb64-50e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/darts-2nd.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
