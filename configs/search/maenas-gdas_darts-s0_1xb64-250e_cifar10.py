"""MAE-NAS with the Gumbel draws of GDAS on CIFAR-10 in S0.

Command: python tools/train.py configs/search/maenas-gdas_darts-s0_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As gdas_darts-s0_1xb64-250e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(relaxation=dict(type='mmnas_mae.GumbelRelaxation')))
default_hooks = dict(temperature=dict(type='mmnas_mae.TemperatureHook', start=10.0, end=0.1))
# A step runs one operation on each edge, so most weights have no gradient.
find_unused_parameters = True
