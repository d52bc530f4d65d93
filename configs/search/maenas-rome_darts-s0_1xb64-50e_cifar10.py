"""MAE-NAS with the drawn edges and the accumulation of ROME on CIFAR-10 in S0 without none.

Command: python tools/train.py configs/search/maenas-rome_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As rome_darts-s0_1xb64-50e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0-no-none.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/rome.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
