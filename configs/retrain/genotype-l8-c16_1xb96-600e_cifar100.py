"""A derived architecture from scratch on CIFAR-100, 8 cells, 16 channels (as R-DARTS; Table 5, dagger).

Command: python tools/train.py configs/retrain/genotype-l8-c16_1xb96-600e_cifar100.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: MAE-NAS 23.80, 22.55, 21.37, 21.87 % error in S1, S2, S3, S4, mean of 3 runs (Table 5); not yet reproduced.

All but the size as in genotype-l20-c36_1xb96-600e_cifar100.py.

Source: automl/RobustDARTS, src/evaluation/args.py.
Differs: nothing beyond what docs/method.md says of all retraining.
"""

_base_ = [
    '../_base_/networks/genotype_cifar.py',
    '../_base_/datasets/cifar100_retrain.py',
    '../_base_/schedules/retrain_600e.py',
    '../_base_/retrain_runtime.py',
]
model = dict(
    backbone=dict(genotype='DARTSminus_cifar10_s3_0', init_channels=16, layers=8),
    head=dict(in_channels=(256, 256), num_classes=100),
)
