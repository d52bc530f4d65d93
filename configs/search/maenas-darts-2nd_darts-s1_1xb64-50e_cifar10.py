"""MAE-NAS, second order, on CIFAR-10 in S1 (paper section 4.5, Table 5).

Command: python tools/train.py configs/search/maenas-darts-2nd_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 2.91 % on CIFAR-10 (S2 2.67, S3 2.49, S4 2.73), at 20 layers x 36 channels,
mean of 3 searches (paper); not yet reproduced.

Section 4.1 has the settings of R-DARTS in these spaces, whose scripts search by the second order. As
darts-2nd_darts-s1_1xb64-50e_cifar10.py with the masked objective: nothing else differs, and no label is read. First
order: --cfg-options default_hooks.bilevel.order=1. Other spaces by --cfg-options model.backbone.space=darts_s2 (S3, S4
alike).
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/darts-2nd.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
