"""A derived architecture from scratch on ImageNet-1k by the recipe of MobileNetV3 (paper section 4.2, Table 2).

Command: tools/dist_train.sh configs/retrain/genotype-l14-c48_8xb128-mbv3-600e_in1k.py 8 \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 8 GPUs.
Expected: MAE-NAS 76.1 % top-1 (Table 2; its genotype is unpublished); not yet reproduced.

The paper says "follows MobileNetV3" and no more. This is mmpretrain's recipe of it: RMSprop from 0.064, times 0.973
every 2 epochs, batch 1024, AutoAugment, random erasing, normalisations that decay by 0.99; with the averaged weights of
the MobileNetV3 paper (EMA 0.9999), and label smoothing 0.1, gradient clipping and the auxiliary 0.4 of the DARTS
recipes. Neither the dropout nor the wide last layer of MobileNetV3, which belong to its head. Epochs:
train_cfg.max_epochs, the paper has none.

Source: open-mmlab/mmpretrain, configs/mobilenet_v3/mobilenet-v3-large_8xb128_in1k.py.
Differs: averaged weights, label smoothing, clipping and the auxiliary classifier.
"""

_base_ = [
    '../_base_/networks/genotype_imagenet.py',
    'mmpretrain::_base_/datasets/imagenet_bs128_mbv3.py',
    '../_base_/retrain_runtime.py',
]
model = dict(backbone=dict(norm_momentum=0.01))
optim_wrapper = dict(
    optimizer=dict(type='RMSprop', lr=0.064, alpha=0.9, momentum=0.9, eps=0.0316, weight_decay=1e-5),
    clip_grad=dict(max_norm=5),
)
param_scheduler = dict(type='StepLR', by_epoch=True, step_size=2, gamma=0.973)
train_cfg = dict(by_epoch=True, max_epochs=600, val_interval=1)
val_cfg = dict()
test_cfg = dict()
custom_hooks = [dict(type='EMAHook', momentum=1e-4, priority='ABOVE_NORMAL')]
auto_scale_lr = dict(base_batch_size=1024)
