"""MAE-NAS on ImageNet-1k with the partial channels of PC-DARTS (paper section 4.3, Tables 2 and 3).

Command: tools/dist_train.sh configs/search/maenas-pcdarts_darts-s0_8xb128-50e_in1k.py 8
Hardware: 8 GPUs; the paper reports 4.5 GPU-days.
Expected: a cell of 533 M multiply-adds and 4.7 M parameters that reaches 76.1 % top-1 (paper); not yet reproduced.

Half of the channels are searched, edges are normalised.
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
model = dict(mask_generator=dict(patch_size=8))
