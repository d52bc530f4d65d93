"""MAE-NAS on CIFAR-100 in S4 of R-DARTS: noise or separable convolution (paper section 4.5, Table 5).

Command: python tools/train.py configs/search/maenas_darts-s4_1xb64-50e_cifar100.py
Hardware: 1 GPU; the paper gives no cost.
Expected: the derived cell has an error of 21.87 % on CIFAR-100 at 8 layers x 16 channels and of 16.5 % at 20 layers x
36 channels, mean of 3 searches (paper); not yet reproduced.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar100_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(space='darts_s4'))
