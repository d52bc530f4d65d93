"""MAE-NAS with the drop path and cutout of R-DARTS on CIFAR-10 in S1.

Command: python tools/train.py configs/search/maenas-r-darts-dp_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As r-darts-dp_darts-s1_1xb64-50e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/r-darts-dp.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
# Cutout stands behind crop and flip, in front of the packing.
_base_.train_pipeline.insert(-1, dict(type='mmnas_mae.RampedCutout', length=16, epochs=50))
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=_base_.train_pipeline)))
