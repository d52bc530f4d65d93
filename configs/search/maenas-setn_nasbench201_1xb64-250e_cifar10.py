"""MAE-NAS with the paths and the selection of SETN on CIFAR-10 in NAS-Bench-201.

Command: python tools/train.py configs/search/maenas-setn_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As setn_nasbench201_1xb64-250e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_oneshot.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/setn.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
