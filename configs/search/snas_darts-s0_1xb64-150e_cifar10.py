"""SNAS on CIFAR-10 in S0: concrete distribution, one level (paper Table 2).

Command: python tools/train.py configs/search/snas_darts-s0_1xb64-150e_cifar10.py
Hardware: 1 GPU; the paper reports 1.5 GPU-days.
Expected: the cell, trained on ImageNet, has 522 M multiply-adds, 4.3 M parameters and 72.7 % top-1 (paper); not yet
reproduced.

Weights and alpha learn from one forward and backward pass on the same batch of the whole training set. Temperature from
1 to 0.03, drop path 0.3 on every edge, alpha from N(1, 0.01) by SGD, which the public code has on one GPU (on several,
Adam as in DARTS). Derivation keeps all 14 edges and may choose none.

Source: SNAS-Series/SNAS-Series, SNAS/train_search.py, SNAS/model_search.py and SNAS/README.md.
Differs: no loss on resources (--resource_efficient).
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
