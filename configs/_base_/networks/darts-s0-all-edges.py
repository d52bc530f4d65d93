"""The search network of DARTS in S0, where derivation keeps all 14 edges and may choose none (SNAS)."""

_base_ = ['./darts-s0.py']
network = dict(model=dict(backbone=dict(space='darts_s0_all_edges')))
