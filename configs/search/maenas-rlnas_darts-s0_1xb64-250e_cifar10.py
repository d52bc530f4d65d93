"""MAE-NAS as the objective of RLNAS on CIFAR-10 in S0: uniform paths, then evolution by the angle.

Command: python tools/train.py configs/search/maenas-rlnas_darts-s0_1xb64-250e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

As rlnas_darts-s0_1xb64-250e_cifar10.py with the masked objective: nothing else differs.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/rlnas.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(backbone=dict(affine=True))
default_hooks = dict(selection=dict(search=dict(mutated=['normal'])))
