"""R-DARTS (ES) on CIFAR-10 in S1: early stopping by the dominant eigenvalue (paper Table 5).

Command: python tools/train.py configs/search/r-darts-es_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 3.01 % on CIFAR-10 (S2 3.26, S3 2.74, S4 3.71), at 20 layers x 36 channels,
mean of 3 searches (paper); not yet reproduced.

Settings of automl/RobustDARTS: second order; the full Hessian every 2 epochs. The genotype is the one of the epoch
before the eigenvalue grew. mode=simulate records it and goes on. Other spaces by --cfg-options
model.backbone.space=darts_s2 (S0, S3, S4 alike).

Source: automl/RobustDARTS, src/search/train_search.py, src/search/analyze.py and src/utils.py.
Differs: the four evaluations of the second order see the same drop path and noise, where the public code draws anew
(default_hooks.bilevel.redraw=True): the less noisy estimate.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/r-darts-es.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
