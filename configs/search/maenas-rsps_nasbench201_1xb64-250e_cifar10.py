"""MAE-NAS as the objective of RSPS on CIFAR-10 in NAS-Bench-201: uniform paths, then random search.

Command: python tools/train.py configs/search/maenas-rsps_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As rsps_nasbench201_1xb64-250e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_nasbench201.py',
    '../_base_/datasets/cifar10_oneshot.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(relaxation=dict(type='mmnas_mae.UniformPathRelaxation')))
optim_wrapper = dict(weights=dict(optimizer=dict(weight_decay=5e-4, nesterov=True)))
default_hooks = dict(
    bilevel=None,
    genotype=None,
    selection=dict(
        type='mmnas_mae.DiscreteSearchHook',
        search=dict(type='mmnas_mae.RandomSearch', budget=100),
        scorer=dict(type='mmnas_mae.InheritedScorer', batch_size=512, one_batch=True),
        heldout=25000,
        benchmark='nasbench201',
    ),
)
# A step runs one operation on each edge, so most weights have no gradient.
find_unused_parameters = True
