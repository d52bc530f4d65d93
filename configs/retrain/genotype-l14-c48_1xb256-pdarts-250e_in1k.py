"""A derived architecture from scratch on ImageNet-1k (the recipe of P-DARTS and DARTS-).

Command: python tools/train.py configs/retrain/genotype-l14-c48_1xb256-pdarts-250e_in1k.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: no figure in the paper, which has PDARTS as the backbone of a detector (Table 6); not yet reproduced.

As genotype-l14-c48_8xb128-250e_in1k.py, in batches of 256, from 0.1, without a warm-up.

Source: chenxin061/pdarts, train_imagenet.py; Meituan-AutoML/DARTS-, whose evaluation has the same batch and rate.
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
param_scheduler = [dict(scheduler, eta_min=scheduler.eta_min / 5) for scheduler in _base_.param_scheduler[1:]]
auto_scale_lr = dict(base_batch_size=256)
