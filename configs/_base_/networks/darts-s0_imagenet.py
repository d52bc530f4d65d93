"""The search network of DARTS in S0, for 224-pixel images."""

_base_ = ['./darts-s0.py']
network = dict(model=dict(backbone=dict(stem='imagenet')))
