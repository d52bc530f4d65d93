"""DARTS- on CIFAR-10 in S0: an auxiliary skip connection that decays (paper Table 1).

Command: python tools/train.py configs/search/darts-minus_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper reports 0.4 GPU-days.
Expected: the derived cell at 20 layers x 36 channels reaches 97.41 +- 0.08 % on CIFAR-10, 97.5 % at best (paper); not
yet reproduced.

Settings of Meituan-AutoML/DARTS-: first order, linear decay from 1. Other spaces by --cfg-options
model.backbone.space=darts_s1 (S2, S3, S4 alike).

Source: Meituan-AutoML/DARTS-, src/search/train_search.py and scripts/run_darts_minus.sh.
Differs: nothing beyond what docs/method.md says of all searches.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/darts-minus.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
