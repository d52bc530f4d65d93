"""PC-DARTS as published on ImageNet-1k: half of the channels is searched, edges are normalised."""

_base_ = ['./darts_in1k.py']
method = dict(
    model=dict(backbone=dict(connection=dict(type='mmnas_mae.PartialMixedOp', portion=2), edge_norm=True)),
)
