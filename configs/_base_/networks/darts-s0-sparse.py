"""The search network of DARTS in S0 without none, where a node may keep fewer than two edges."""

_base_ = ['./darts-s0.py']
network = dict(model=dict(backbone=dict(space='darts_s0_sparse')))
