"""A derived architecture from scratch on ImageNet-1k (the recipe of P-DARTS).

Command: python tools/train.py configs/retrain/genotype-l14-c48_1xb256-pdarts-250e_in1k.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: no figure in the paper, which has PDARTS as the backbone of a detector (Table 6); not yet reproduced.

As genotype-l14-c48_8xb128-250e_in1k.py, in batches of 256, from 0.1, without a warm-up. In the last five epochs the
rate rises from a 1,225th of the first to a 245th. Meituan-AutoML/DARTS- evaluates alike, but there it falls.

Source: chenxin061/pdarts, train_imagenet.py.
Differs: nothing beyond what docs/method.md says of all retraining.
"""

_base_ = [
    '../_base_/networks/genotype_imagenet.py',
    '../_base_/datasets/in1k_retrain.py',
    '../_base_/schedules/retrain_250e.py',
    '../_base_/retrain_runtime.py',
]
model = dict(backbone=dict(genotype='PDARTS'))
train_dataloader = dict(batch_size=256)
optim_wrapper = dict(optimizer=dict(lr=0.1))
_falling = _base_.param_scheduler[1]
param_scheduler = [
    dict(_falling, eta_min=_falling.eta_min / 5),
    dict(type='LinearLR', start_factor=0.2, by_epoch=True, begin=_falling.end, end=_base_.epochs),
]
auto_scale_lr = dict(base_batch_size=256)
del _falling
