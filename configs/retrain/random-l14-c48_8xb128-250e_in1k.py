"""A random cell of S0 from scratch on ImageNet-1k: the backbone of row Random of Table 6.

Command: tools/dist_train.sh configs/retrain/random-l14-c48_8xb128-250e_in1k.py 8
Hardware: 8 GPUs.
Expected: no figure of the paper, which prints the detector alone; not yet reproduced.

As genotype-l14-c48_8xb128-250e_in1k.py. The paper's cell is unpublished: 4.7 M parameters, 519 M multiply-adds. Of the
first seeds this is the one whose cell has its size, 4.69 M and 517.7 M; model.backbone.genotype.seed gives others. Each
choice of the space has the same probability.
"""

_base_ = ['./genotype-l14-c48_8xb128-250e_in1k.py']
model = dict(backbone=dict(genotype=dict(_delete_=True, space='darts_s0', seed=1)))
