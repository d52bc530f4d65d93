"""A derived architecture from scratch on CIFAR-10 (the recipe of PC-DARTS; Table 1).

Command: python tools/train.py configs/retrain/genotype-l20-c36_1xb96-pcdarts-600e_cifar10.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: PC_DARTS_cifar 97.43 % (Table 1); not yet reproduced.

As genotype-l20-c36_1xb96-600e_cifar10.py, with a drop path of 0.3.

Source: yuhuixu1993/PC-DARTS, train.py.
Differs: nothing beyond what docs/method.md says of all retraining.
"""

_base_ = [
    '../_base_/networks/genotype_cifar.py',
    '../_base_/datasets/cifar10_retrain.py',
    '../_base_/schedules/retrain_600e.py',
    '../_base_/retrain_runtime.py',
]
model = dict(backbone=dict(genotype='PC_DARTS_cifar'))
custom_hooks = [dict(type='mmnas_mae.DropPathHook', prob=0.3)]
