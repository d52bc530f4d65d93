"""MAE-NAS with the Gumbel draws of GDAS on CIFAR-10 in NAS-Bench-201.

Command: python tools/train.py configs/search/maenas-gdas_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As gdas_nasbench201_1xb64-250e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_nasbench201.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(relaxation=dict(type='mmnas_mae.GumbelRelaxation')))
optim_wrapper = dict(weights=dict(optimizer=dict(weight_decay=5e-4, nesterov=True)))
default_hooks = dict(
    benchmark=dict(type='mmnas_mae.BenchmarkHook', benchmark='nasbench201'),
    temperature=dict(type='mmnas_mae.TemperatureHook', start=10.0, end=0.1),
)
# A step runs one operation on each edge, so most weights have no gradient.
find_unused_parameters = True
