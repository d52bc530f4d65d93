"""A derived architecture from scratch on CIFAR-10 (the recipe of P-DARTS; Table 1).

Command: python tools/train.py configs/retrain/genotype-l20-c36_1xb128-pdarts-600e_cifar10.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: PDARTS 97.5 % (Table 1); not yet reproduced.

As genotype-l20-c36_1xb96-600e_cifar10.py, with a drop path of 0.3 and batches of 128.

Source: chenxin061/pdarts, train_cifar.py.
Differs: nothing beyond what docs/method.md says of all retraining.
"""

_base_ = [
    '../_base_/networks/genotype_cifar.py',
    '../_base_/datasets/cifar10_retrain.py',
    '../_base_/schedules/retrain_600e.py',
    '../_base_/retrain_runtime.py',
]
model = dict(backbone=dict(genotype='PDARTS'))
train_dataloader = dict(batch_size=128)
custom_hooks = [dict(type='mmnas_mae.DropPathHook', prob=0.3)]
auto_scale_lr = dict(base_batch_size=128)
