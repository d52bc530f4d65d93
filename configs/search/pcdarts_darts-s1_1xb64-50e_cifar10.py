"""PC-DARTS on CIFAR-10 in S1: a quarter of the channels, edges not normalised (paper Table 5).

Command: python tools/train.py configs/search/pcdarts_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 3.11 % on CIFAR-10 (S2 3.02, S3 2.51, S4 3.02), at 20 layers x 36 channels,
mean of 3 searches (paper); not yet reproduced.

First order, batch 64, and alpha from the first epoch, as the DARTS of these spaces. Other spaces by --cfg-options
model.backbone.space=darts_s2 (S3, S4 alike).

Source: xiangning-chen/SmoothDARTS, sota/cnn/model_search_pcdarts.py and sota/cnn/train_search_pcdarts.py.
Differs: nothing beyond what docs/method.md says of all searches.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/pcdarts.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
