"""R-DARTS (ADA) on CIFAR-100 in S1: more weight decay when the eigenvalue grows (paper Table 5).

Command: python tools/train.py configs/search/r-darts-ada_darts-s1_1xb64-50e_cifar100.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 24.03 % on CIFAR-100 (S2 23.52, S3 23.37, S4 23.20), at 8 layers x 16
channels (configs/retrain/genotype-l8-c16_1xb96-600e_cifar100.py), mean of 3 searches (paper); not yet reproduced.

Settings and options as in r-darts-ada_darts-s1_1xb64-50e_cifar10.py. Other spaces by --cfg-options
model.backbone.space=darts_s2 (S0, S3, S4 alike).
"""

_base_ = [
    '../_base_/models/classification_darts-s0.py',
    '../_base_/datasets/cifar100_search_labelled.py',
    '../_base_/methods/r-darts-ada.py',
]
model = dict(backbone=dict(space='darts_s1'), head=dict(num_classes=100))
