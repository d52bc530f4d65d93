"""RSPS on CIFAR-10 in NAS-Bench-201: uniform paths, then random search (paper section 4.4, Table 4).

Command: python tools/train.py configs/search/rsps_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU.
Expected: valid / test of the selected cell, mean of 4 searches (paper): CIFAR-10 83.98 / 86.46, CIFAR-100 57.67 /
58.93, ImageNet16-120 32.92 / 31.25; not yet reproduced.

Settings of D-X-Y/AutoDL-Projects. Alpha is not optimised; at the end 100 random cells are scored with the shared
weights on a batch each of the images that the weights have not seen.
"""

_base_ = [
    '../_base_/models/classification_nasbench201.py',
    '../_base_/datasets/cifar10_oneshot_labelled.py',
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
