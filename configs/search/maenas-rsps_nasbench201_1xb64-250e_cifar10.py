"""MAE-NAS as the objective of RSPS on CIFAR-10 in NAS-Bench-201: uniform paths, then random search.

Command: python tools/train.py configs/search/maenas-rsps_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As rsps_nasbench201_1xb64-250e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_oneshot.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/rsps.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
# There is no current cell to judge after each epoch; the selected one is judged.
_base_.default_hooks.selection.benchmark = _base_.default_hooks.pop('benchmark').benchmark
