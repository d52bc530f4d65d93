"""The search network of DARTS in S0 without none."""

_base_ = ['./darts-s0.py']
network = dict(model=dict(backbone=dict(space='darts_s0_no_none')))
