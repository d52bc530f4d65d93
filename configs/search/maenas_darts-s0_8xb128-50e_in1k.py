"""MAE-NAS on ImageNet-1k in the DARTS space S0, all channels searched (paper section 4.3).

Command: tools/dist_train.sh configs/search/maenas_darts-s0_8xb128-50e_in1k.py 8
Hardware: 8 GPUs.
Expected: no figure of the paper, which searches with partial channels (maenas-pcdarts_darts-s0_8xb128-50e_in1k.py).

Weights and alpha are trained on disjoint 10 % and 2.5 % of the training images, drawn without labels, with the
learning rates of PC-DARTS; alpha rests for 35 epochs. Patches have 8 pixels.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0_imagenet.py',
    '../_base_/datasets/in1k_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/darts_in1k.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(mask_generator=dict(patch_size=8))
