"""A derived architecture from scratch on ImageNet-1k (the recipe of DARTS; Table 2).

Command: python tools/train.py configs/retrain/genotype-l14-c48_1xb128-darts-250e_in1k.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: DARTS_V2 73.3 % top-1, 91.3 % top-5 (Table 2); not yet reproduced.

As genotype-l14-c48_8xb128-250e_in1k.py, in batches of 128, from 0.1, times 0.97 every epoch.

Source: quark0/darts, cnn/train_imagenet.py.
Differs: nothing beyond what docs/method.md says of all retraining.
"""

_base_ = [
    '../_base_/networks/genotype_imagenet.py',
    '../_base_/datasets/in1k_retrain.py',
    '../_base_/schedules/retrain_250e.py',
    '../_base_/retrain_runtime.py',
]
model = dict(backbone=dict(genotype='DARTS_V2'))
optim_wrapper = dict(optimizer=dict(lr=0.1))
param_scheduler = dict(_delete_=True, type='StepLR', by_epoch=True, step_size=1, gamma=0.97)
auto_scale_lr = dict(base_batch_size=128)
