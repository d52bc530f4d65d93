"""R-DARTS (ADA) on CIFAR-10 in S1: more weight decay when the eigenvalue grows (paper Table 5).

Command: python tools/train.py configs/search/r-darts-ada_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 3.10 % on CIFAR-10 (S2 3.35, S3 2.59, S4 4.84), at 20 layers x 36 channels,
mean of 3 searches (paper); not yet reproduced.

Settings of automl/RobustDARTS: second order; the full Hessian every 2 epochs; back to the epoch before the eigenvalue
grew, with ten times the weight decay, up to 0.03. The checkpoints of all epochs are kept. Other spaces by --cfg-options
model.backbone.space=darts_s2 (S0, S3, S4 alike).

Source: automl/RobustDARTS, scripts/DARTS-ADA_search.sh, src/search/train_search.py and src/utils.py.
Differs: the four evaluations of the second order see the same drop path and noise, where the public code draws anew
(default_hooks.bilevel.redraw=True): the less noisy estimate; after going back, the unrolled step has the raised weight
decay too and the eigenvalues are those of the checkpoint, where its code keeps the old ones.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/r-darts-ada.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
