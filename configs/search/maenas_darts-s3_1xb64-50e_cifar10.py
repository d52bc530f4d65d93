"""MAE-NAS on CIFAR-10 in S3 of R-DARTS: S2 with none (paper section 4.5, Table 5).

Command: python tools/train.py configs/search/maenas_darts-s3_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: the derived cell at 20 layers x 36 channels has an error of 2.49 % on CIFAR-10, mean of 3 searches (paper);
not yet reproduced.
"""

_base_ = ['./maenas_darts-s0_1xb64-50e_cifar10.py']
model = dict(backbone=dict(space='darts_s3'))
