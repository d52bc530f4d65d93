"""MAE-NAS as the objective of RSPS on CIFAR-10 in NAS-Bench-201: uniform paths, then random search.

Command: python tools/train.py configs/search/maenas-rsps_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As rsps_nasbench201_1xb64-250e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
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
            type='CIFAR10', data_root='data/cifar10', split='train', pipeline=[dict(type='mmnas_mae.PackImages')]
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
