"""GDAS on CIFAR-10 in S0: one operation drawn on each edge (paper Table 1).

Command: python tools/train.py configs/search/gdas_darts-s0_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper reports 0.2 GPU-days.
Expected: the derived cell at 20 layers x 36 channels reaches 97.07 % on CIFAR-10 (paper); not yet reproduced.

Epochs and temperatures are those of GDAS in NAS-Bench-201 (D-X-Y/AutoDL-Projects), the rest is DARTS.
"""

_base_ = [
    '../_base_/models/classification_darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(relaxation=dict(type='mmnas_mae.GumbelRelaxation')))
default_hooks = dict(temperature=dict(type='mmnas_mae.TemperatureHook', start=10.0, end=0.1))
# A step runs one operation on each edge, so most weights have no gradient.
find_unused_parameters = True
