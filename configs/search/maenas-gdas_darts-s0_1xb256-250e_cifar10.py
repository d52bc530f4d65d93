"""MAE-NAS with the Gumbel draws of GDAS on CIFAR-10 in S0.

Command: python tools/train.py configs/search/maenas-gdas_darts-s0_1xb256-250e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As gdas_darts-s0_1xb256-250e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0-pairs.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/gdas_1xb256.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
