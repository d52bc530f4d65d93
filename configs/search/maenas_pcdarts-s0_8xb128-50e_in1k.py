"""MAE-NAS on ImageNet-1k with the partial channels of PC-DARTS (paper section 4.3, Tables 2 and 3).

Command: tools/dist_train.sh configs/search/maenas_pcdarts-s0_8xb128-50e_in1k.py 8
Hardware: 8 GPUs; the paper reports 4.5 GPU-days.
Expected: a cell of 533 M multiply-adds and 4.7 M parameters that reaches 76.1 % top-1 (paper); not yet reproduced.

Half of the channels are searched, edges are normalised.
"""

_base_ = ['maenas_darts-s0_8xb128-50e_in1k.py']
model = dict(backbone=dict(connection=dict(type='mmnas_mae.PartialMixedOp', portion=2), edge_norm=True))
