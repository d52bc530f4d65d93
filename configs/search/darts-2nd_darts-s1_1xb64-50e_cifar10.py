"""DARTS, second order, on CIFAR-10 in S1 (paper section 4.5, Table 5).

Command: python tools/train.py configs/search/darts-2nd_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 3.84 % on CIFAR-10 (S2 4.85, S3 3.34, S4 7.20), at 20 layers x 36 channels,
mean of 3 searches (paper); not yet reproduced.

The baseline of automl/RobustDARTS, whose searches are of the second order. Other spaces by --cfg-options
model.backbone.space=darts_s2 (S3, S4 alike).

Source: automl/RobustDARTS, scripts/DARTS_search.sh and src/search/train_search.py.
Differs: the four evaluations of the second order see the same drop path and noise, where the public code draws anew
(default_hooks.bilevel.redraw=True): the less noisy estimate.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/darts-2nd.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
