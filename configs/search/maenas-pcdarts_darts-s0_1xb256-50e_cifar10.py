"""MAE-NAS on CIFAR-10 with the partial channels of PC-DARTS (paper A.2.1, Table 10).

Command: python tools/train.py configs/search/maenas-pcdarts_darts-s0_1xb256-50e_cifar10.py
Hardware: 1 GPU; the paper reports 3.41 hours.
Expected: the derived cell reaches 97.27 +- 0.18 % on CIFAR-10 (paper); not yet reproduced.

A quarter of the channels is searched, edges are normalised, alpha rests for 15 epochs; batch and learning rates are
those of yuhuixu1993/PC-DARTS.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/pcdarts_1xb256.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
