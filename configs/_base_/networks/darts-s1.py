"""The search network of DARTS in S1 of R-DARTS. S2, S3 and S4: --cfg-options model.backbone.space=darts_s2."""

_base_ = ['./darts-s0.py']
network = dict(model=dict(backbone=dict(space='darts_s1')))
