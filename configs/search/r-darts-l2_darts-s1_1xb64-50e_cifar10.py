"""R-DARTS (L2) on CIFAR-10 in S1: more weight decay (paper Table 5).

Command: python tools/train.py configs/search/r-darts-l2_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 2.78 % on CIFAR-10 (S2 3.31, S3 2.51, S4 3.56), at 20 layers x 36 channels,
mean of 3 searches (paper); not yet reproduced.

Settings of automl/RobustDARTS: second order; the weight decay of DARTS, 3e-4, times 9. The original searches at 1, 3,
9, 27 and 81 times (--cfg-options optim_wrapper.weights.optimizer.weight_decay=8.1e-3) and keeps the best. Other spaces
by --cfg-options model.backbone.space=darts_s2 (S0, S3, S4 alike).

Source: automl/RobustDARTS, scripts/DARTS_search.sh and src/search/args.py.
Differs: the four evaluations of the second order see the same drop path and noise, where the public code draws anew
(default_hooks.bilevel.redraw=True): the less noisy estimate.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/r-darts-l2.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
