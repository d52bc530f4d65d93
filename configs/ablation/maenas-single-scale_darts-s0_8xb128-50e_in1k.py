"""MAE-NAS on ImageNet-1k without the hierarchical decoder: SimMIM's decoder on F3 (Figures 3 and 4).

Command: tools/dist_train.sh configs/ablation/maenas-single-scale_darts-s0_8xb128-50e_in1k.py 8
Hardware: 8 GPUs.
Expected: no figure of accuracy in the paper; not yet reproduced.

As maenas-pcdarts_darts-s0_8xb128-50e_in1k.py of the searches with another decoder.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0_imagenet.py',
    '../_base_/datasets/in1k_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/pcdarts_in1k.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(neck=dict(type='mmnas_mae.SingleScaleDecoder'), mask_generator=dict(patch_size=8))
