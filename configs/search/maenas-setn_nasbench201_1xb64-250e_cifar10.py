"""MAE-NAS with the paths and the selection of SETN on CIFAR-10 in NAS-Bench-201.

Command: python tools/train.py configs/search/maenas-setn_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As setn_nasbench201_1xb64-250e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_nasbench201.py',
    '../_base_/datasets/cifar10_oneshot.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(relaxation=dict(type='mmnas_mae.UniformPathRelaxation', joint=True)))
optim_wrapper = dict(weights=dict(optimizer=dict(weight_decay=5e-4, nesterov=True), clip_grad=None))
default_hooks = dict(
    benchmark=dict(type='mmnas_mae.BenchmarkHook', benchmark='nasbench201'),
    selection=dict(
        type='mmnas_mae.DiscreteSearchHook',
        search=dict(type='mmnas_mae.MostLikelySearch', num=100),
        scorer=dict(type='mmnas_mae.InheritedScorer', batch_size=512, one_batch=True),
        heldout=25000,
    ),
)
# A step runs one operation on each edge, so most weights have no gradient.
find_unused_parameters = True
