"""A derived architecture from scratch on ImageNet-1k (the recipe of UnNAS; Table 3).

Command: tools/dist_train.sh configs/retrain/genotype-l14-c42_8xb128-unnas-250e_in1k.py 8 \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 8 GPUs.
Expected: UNNAS_IMAGENET_ROT 75.8 % top-1 (Table 3); not yet reproduced.

As genotype-l14-c48_8xb128-250e_in1k.py, with 42 channels, Nesterov's momentum, no clipping of gradients, and a cosine
over all epochs, which in the first five is multiplied by a warm-up from a tenth.
Colourisation has 46 channels: --cfg-options model.backbone.genotype=UNNAS_IMAGENET_COL model.backbone.init_channels=46
model.head.in_channels=[736,736].

Source: facebookresearch/unnas, configs/search_based/eval_phase/cls/imagenet_rot.yaml, pycls/core/config.py,
optimizer.py and trainer.py.
Differs: colour jitter where UnNAS has one of the lighting.
"""

_base_ = [
    '../_base_/networks/genotype_imagenet.py',
    '../_base_/datasets/in1k_retrain.py',
    '../_base_/schedules/retrain_250e.py',
    '../_base_/retrain_runtime.py',
]
model = dict(
    backbone=dict(genotype='UNNAS_IMAGENET_ROT', init_channels=42),
    # 16 times init_channels, twice
    head=dict(in_channels=(672, 672)),
)
optim_wrapper = dict(optimizer=dict(nesterov=True), clip_grad=None)
param_scheduler = [
    # It reaches the full rate in the sixth epoch.
    dict(type='LinearLR', start_factor=0.1, by_epoch=True, begin=0, end=6),
    dict(type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=0, end=_base_.epochs),
]
