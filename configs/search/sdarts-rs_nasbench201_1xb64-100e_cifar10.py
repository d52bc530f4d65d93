"""SDARTS (RS) on CIFAR-10 in NAS-Bench-201: random perturbation of alpha.

Command: python tools/train.py configs/search/sdarts-rs_nasbench201_1xb64-100e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

100 epochs, as xiangning-chen/SmoothDARTS searches there; the rest is DARTS in NAS-Bench-201 (D-X-Y/AutoDL-Projects).
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_100e.py',
    '../_base_/methods/sdarts-rs.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(norm=True))
