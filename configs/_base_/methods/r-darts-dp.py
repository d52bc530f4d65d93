"""R-DARTS (DP), without its cutout, which is part of the data: second order and a drop path that rises to 0.2."""

method = dict(
    default_hooks=dict(bilevel=dict(order=2), drop_path=dict(type='mmnas_mae.DropPathHook', prob=0.2, reach_end=True))
)
