"""SDARTS (RS) on CIFAR-100 in S1: random perturbation of alpha (paper Table 5).

Command: python tools/train.py configs/search/sdarts-rs_darts-s1_1xb64-50e_cifar100.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 17.02 % on CIFAR-100 (S2 17.56, S3 17.73, S4 17.17), at 20 layers x 36
channels (configs/retrain/genotype-l20-c36_1xb96-600e_cifar100.py), mean of 3 searches (paper); not yet reproduced.

Settings and options as in sdarts-rs_darts-s1_1xb64-50e_cifar10.py. Other spaces by --cfg-options
model.backbone.space=darts_s2 (S3, S4 and, for S0, darts_s0_no_none alike).
"""

_base_ = [
    '../_base_/models/classification_darts-s0.py',
    '../_base_/datasets/cifar100_search_labelled.py',
    '../_base_/methods/sdarts-rs.py',
]
model = dict(backbone=dict(space='darts_s1'), head=dict(num_classes=100))
