"""MAE-NAS on ImageNet-1k in the DARTS space S0, all channels searched (paper section 4.3).

Command: tools/dist_train.sh configs/search/maenas_darts-s0_8xb128-50e_in1k.py 8
Hardware: 8 GPUs.
Expected: no figure of the paper, which searches with partial channels (maenas_pcdarts-s0_8xb128-50e_in1k.py).

Weights and alpha are trained on disjoint 10 % and 2.5 % of the training images, drawn without labels, with the
learning rates of PC-DARTS; alpha rests for 35 epochs. Patches have 8 pixels.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/in1k_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(backbone=dict(stem='imagenet'), mask_generator=dict(patch_size=8))
optim_wrapper = dict(
    weights=dict(optimizer=dict(lr=0.5)), arch=dict(optimizer=dict(lr=6e-3), clip_grad=dict(max_norm=5))
)
param_scheduler = dict(
    weights=[
        dict(type='LinearLR', start_factor=0.2, by_epoch=True, begin=0, end=5),
        dict(type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=5, end=50),
    ]
)
default_hooks = dict(bilevel=dict(warmup_epochs=35))
