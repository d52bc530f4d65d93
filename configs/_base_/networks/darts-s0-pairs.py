"""The search network of DARTS in S0, where a node keeps two pairs of operation and source (GDAS)."""

_base_ = ['./darts-s0.py']
network = dict(model=dict(backbone=dict(space='darts_s0_pairs')))
