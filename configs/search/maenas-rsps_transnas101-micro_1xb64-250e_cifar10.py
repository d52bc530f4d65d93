"""MAE-NAS as the objective of a network trained by uniform paths over the micro space of TransNAS-Bench-101.

Command: python tools/train.py configs/search/maenas-rsps_transnas101-micro_1xb64-250e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

As maenas-rsps_nasbench201_1xb64-250e_cifar10.py in the other space. The skeleton has stride 32, so CIFAR images end as
a single position.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/transnas101-micro.py',
    '../_base_/datasets/cifar10_oneshot.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/rsps.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
