"""GDAS on CIFAR-10 in S0: one operation drawn on each edge (paper Table 1).

Command: python tools/train.py configs/search/gdas_darts-s0_1xb256-250e_cifar10.py
Hardware: 1 GPU; the paper reports 0.2 GPU-days.
Expected: the derived cell at 20 layers x 36 channels reaches 97.07 % on CIFAR-10 (paper); not yet reproduced.

Epochs and temperatures are those of GDAS in NAS-Bench-201 (D-X-Y/AutoDL-Projects), the rest is DARTS.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0-pairs.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/gdas_1xb256.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(norm=True))
