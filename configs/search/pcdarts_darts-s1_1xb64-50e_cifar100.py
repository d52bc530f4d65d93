"""PC-DARTS on CIFAR-100 in S1: a quarter of the channels, normalised edges (paper Table 5).

Command: python tools/train.py configs/search/pcdarts_darts-s1_1xb64-50e_cifar100.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 18.87 % on CIFAR-100 (S2 18.23, S3 18.05, S4 17.16), at 20 layers x 36
channels (configs/retrain/genotype-l20-c36_1xb96-600e_cifar100.py), mean of 3 searches (paper); not yet reproduced.

Settings as in pcdarts_darts-s1_1xb64-50e_cifar10.py. Other spaces by --cfg-options model.backbone.space=darts_s2 (S3,
S4 alike).
"""

_base_ = [
    '../_base_/models/classification_darts-s0.py',
    '../_base_/datasets/cifar100_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(
    backbone=dict(space='darts_s1', connection=dict(type='mmnas_mae.PartialMixedOp', portion=4), edge_norm=True),
    head=dict(num_classes=100),
)
