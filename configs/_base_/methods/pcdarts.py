"""PC-DARTS: a quarter of the channels is searched, edges are normalised. The rest is DARTS, as in SmoothDARTS."""

method = dict(
    model=dict(backbone=dict(connection=dict(type='mmnas_mae.PartialMixedOp', portion=4), edge_norm=True)),
)
