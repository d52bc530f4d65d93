"""DARTS-: an auxiliary skip connection on each edge, whose weight falls linearly from 1."""

method = dict(
    model=dict(backbone=dict(connection=dict(type='mmnas_mae.AuxiliarySkipMixedOp'))),
    default_hooks=dict(auxiliary_skip=dict(type='mmnas_mae.AuxiliarySkipHook', base=1.0)),
)
