"""SNAS on CIFAR-10 in NAS-Bench-201: a concrete distribution, one level.

Command: python tools/train.py configs/search/snas_nasbench201_1xb64-150e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

SNAS has no search there: its settings of S0 without drop path, which these cells do not have.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/snas.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
default_hooks = dict(drop_path=None)
model = dict(head=dict(norm=True))
