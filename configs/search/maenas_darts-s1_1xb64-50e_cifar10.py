"""MAE-NAS on CIFAR-10 in S1 of R-DARTS: two candidates on each edge (paper section 4.5, Table 5).

Command: python tools/train.py configs/search/maenas_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: the derived cell at 20 layers x 36 channels has an error of 2.91 % on CIFAR-10, mean of 3 searches (paper);
not yet reproduced.
"""

_base_ = ['./maenas_darts-s0_1xb64-50e_cifar10.py']
model = dict(backbone=dict(space='darts_s1'))
