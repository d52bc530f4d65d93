"""MAE-NAS with the drawn edges and the accumulation of ROME on CIFAR-10 in S0 without none.

Command: python tools/train.py configs/search/maenas-rome_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As rome_darts-s0_1xb64-50e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(
    backbone=dict(
        space='darts_s0_no_none',
        relaxation=dict(type='mmnas_mae.TopTwoRelaxation', samples=7),
    )
)
default_hooks = dict(temperature=dict(type='mmnas_mae.TemperatureHook', start=10.0, end=0.1))
# A step runs two edges of each node and one operation on each, so most weights have no gradient.
find_unused_parameters = True
