"""A derived architecture from scratch on CIFAR-100, 8 cells, 16 channels (as R-DARTS; Table 5, dagger).

Command: python tools/train.py configs/retrain/genotype-l8-c16_1xb96-600e_cifar100.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: MAE-NAS 23.80, 22.55, 21.37, 21.87 % error in S1, S2, S3, S4, mean of 3 runs (Table 5); not yet reproduced.

All but the size as in genotype-l20-c36_1xb96-600e_cifar100.py.
"""

_base_ = 'genotype-l20-c36_1xb96-600e_cifar100.py'

model = dict(backbone=dict(init_channels=16, layers=8), head=dict(in_channels=(256, 256)))
