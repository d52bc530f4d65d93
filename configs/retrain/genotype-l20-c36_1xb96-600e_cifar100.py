"""A derived architecture from scratch on CIFAR-100, 20 cells, 36 channels (as SDARTS; Table 5, double dagger).

Command: python tools/train.py configs/retrain/genotype-l20-c36_1xb96-600e_cifar100.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: MAE-NAS 17.7, 17.1, 16.5, 16.5 % error in S1, S2, S3, S4, mean of 3 runs (Table 5); not yet reproduced.

600 epochs, batch 96, cosine from 0.025, cutout 16, auxiliary 0.4, drop path 0.2. Table 5 evaluates CIFAR-10 at this
size in both of its protocols: genotype-l20-c36_1xb96-600e_cifar10.py. A genotype of any of S0 to S4 will do.

Source: xiangning-chen/SmoothDARTS, sota/cnn/train.py.
Differs: nothing beyond what docs/method.md says of all retraining.
"""

_base_ = [
    '../_base_/networks/genotype_cifar.py',
    '../_base_/datasets/cifar100_retrain.py',
    '../_base_/schedules/retrain_600e.py',
    '../_base_/retrain_runtime.py',
]
model = dict(backbone=dict(genotype='DARTSminus_cifar10_s3_0'), head=dict(num_classes=100))
