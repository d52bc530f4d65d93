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
    '../_base_/models/classification_darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmnas_mae.NASBench201Supernet',
        space='nasbench201',
        init_channels=16,
        cells_per_stage=5,
        relaxation=dict(type='mmnas_mae.UniformPathRelaxation', joint=True),
    ),
    head=dict(norm=True),
)
optim_wrapper = dict(weights=dict(optimizer=dict(weight_decay=5e-4, nesterov=True), clip_grad=None))
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.001, by_epoch=True, begin=0, end=250)])
train_cfg = dict(max_epochs=250)
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmnas_mae.SearchSplit',
        part='arch',
        fractions=dict(weights=0.5, arch=0.5),
        dataset=dict(
            type='CIFAR10',
            data_root='data/cifar10',
            split='train',
            pipeline=[dict(type='mmnas_mae.PackImages', with_label=True)],
        ),
    )
)
test_dataloader = val_dataloader
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
