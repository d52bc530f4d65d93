"""RSPS on CIFAR-10 in NAS-Bench-201: uniform paths, then random search (paper section 4.4, Table 4).

Command: python tools/train.py configs/search/rsps_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU.
Expected: valid / test of the selected cell, mean of 4 searches (paper): CIFAR-10 83.98 / 86.46, CIFAR-100 57.67 /
58.93, ImageNet16-120 32.92 / 31.25; not yet reproduced.

Settings of D-X-Y/AutoDL-Projects. Alpha is not optimised; at the end 100 random cells are scored with the shared
weights on a batch each of the images that the weights have not seen.
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
        relaxation=dict(type='mmnas_mae.UniformPathRelaxation'),
    ),
    head=dict(norm=True),
)
optim_wrapper = dict(weights=dict(optimizer=dict(weight_decay=5e-4, nesterov=True)))
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
