"""A derived backbone in a detector of mmdet, whose neck reads strides 4, 8, 16 and 32."""

_base_ = ['./genotype_dense.py']
network = dict(model=dict(neck=dict(in_channels=[48, 192, 384, 768])))
