"""The search network of DARTS in S0, for 32-pixel images."""

network = dict(
    model=dict(
        backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=16, layers=8, stem='cifar')
    )
)
