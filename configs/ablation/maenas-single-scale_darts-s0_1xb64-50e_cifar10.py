"""MAE-NAS without the hierarchical decoder: SimMIM's decoder on F3 (paper section 4.8, Table 8).

Command: python tools/train.py configs/ablation/maenas-single-scale_darts-s0_1xb64-50e_cifar10.py \
    --cfg-options model.mask_generator.ratio=0.2
Hardware: 1 GPU.
Expected: error of the derived cell 3.74 / 2.99 / 2.85 / 2.77 % and 6 / 5 / 2 / 1 skips at ratio 0.2 / 0.4 / 0.6 / 0.8
(paper); not yet reproduced.
"""

_base_ = ['../search/maenas_darts-s0_1xb64-50e_cifar10.py']
model = dict(neck=dict(type='mmnas_mae.SingleScaleDecoder'))
