"""PC-DARTS on CIFAR-10 in NAS-Bench-201: a quarter of the channels.

Command: python tools/train.py configs/search/pcdarts_nasbench201_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

PC-DARTS has no search there: the partial channels of its CIFAR search in the schedule of DARTS there.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/pcdarts.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(norm=True))
