"""SDARTS (ADV) on CIFAR-10 in S1: adversarial perturbation of alpha (paper Table 5).

Command: python tools/train.py configs/search/sdarts-adv_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 2.73 % on CIFAR-10 (S2 2.65, S3 2.49, S4 2.87), at 20 layers x 36 channels,
mean of 3 searches (paper); not yet reproduced.

Settings of xiangning-chen/SmoothDARTS: first order; the radius grows from 0.03 to 0.3, and seven steps of projected
ascent find the perturbation. Other spaces by --cfg-options model.backbone.space=darts_s2 (S3, S4 and, for S0,
darts_s0_no_none alike).

Source: xiangning-chen/SmoothDARTS, sota/cnn/train_search.py, attacker/perturb.py and attacker/linf_sgd.py.
Differs: nothing beyond what docs/method.md says of all searches.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/sdarts-adv.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
