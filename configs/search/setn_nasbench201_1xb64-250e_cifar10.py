"""SETN on CIFAR-10 in NAS-Bench-201: uniform paths, alpha on the mixture (paper section 4.4, Table 4).

Command: python tools/train.py configs/search/setn_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper reports 9.5 hours.
Expected: valid / test of the selected cell, mean of 4 searches (paper): CIFAR-10 84.04 / 87.64, CIFAR-100 58.86 /
59.05, ImageNet16-120 33.06 / 32.52; not yet reproduced.

Settings of D-X-Y/AutoDL-Projects, except that the architecture steps first. The table, found by MMNAS_DATA, gives the
true accuracy of the current cell after every epoch, which the search does not use. At the end the 100 cells that alpha
makes most likely are scored on a batch each of the images that alpha was trained on.
"""

_base_ = [
    '../_base_/models/classification_nasbench201.py',
    '../_base_/datasets/cifar10_oneshot_labelled.py',
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
