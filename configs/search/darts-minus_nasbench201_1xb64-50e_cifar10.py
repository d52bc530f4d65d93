"""DARTS- on CIFAR-10 in NAS-Bench-201: an auxiliary skip connection that decays.

Command: python tools/train.py configs/search/darts-minus_nasbench201_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

The schedule is that of DARTS in NAS-Bench-201 (D-X-Y/AutoDL-Projects), the connection that of Meituan-AutoML/DARTS-.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/darts-minus.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(norm=True))
