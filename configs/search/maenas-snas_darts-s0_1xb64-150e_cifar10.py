"""MAE-NAS with the concrete relaxation of SNAS on CIFAR-10 in S0.

Command: python tools/train.py configs/search/maenas-snas_darts-s0_1xb64-150e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As snas_darts-s0_1xb64-150e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(relaxation=dict(type='mmnas_mae.ConcreteRelaxation')))
train_dataloader = dict(dataset=dict(parts=[('weights', 1.0)]))
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=0, end=150)])
train_cfg = dict(max_epochs=150)
default_hooks = dict(
    bilevel=dict(single_level=True), temperature=dict(type='mmnas_mae.TemperatureHook', start=1.0, end=0.33)
)
