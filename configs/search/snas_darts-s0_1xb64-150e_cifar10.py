"""SNAS on CIFAR-10 in S0: concrete distribution, one level (paper Table 2).

Command: python tools/train.py configs/search/snas_darts-s0_1xb64-150e_cifar10.py
Hardware: 1 GPU; the paper reports 1.5 GPU-days.
Expected: the cell, trained on ImageNet, has 522 M multiply-adds, 4.3 M parameters and 72.7 % top-1 (paper); not yet
reproduced.

No code of SNAS has been published. Alpha and weights step one after the other on the same batch of the whole training
set; epochs and temperatures (those of automl/ConfigurableOptimizer) are choices. The resource loss is not part of it.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0-all-edges.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/snas.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
