"""Colourisation (UnNAS) over the DARTS search network, for 32-pixel images, and its score."""

model = dict(
    type='mmnas_mae.ColorizationSearch',
    backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=16, layers=8, stem='cifar'),
    head=dict(type='mmnas_mae.PixelHead'),
)
val_evaluator = dict(type='mmnas_mae.PredictionMetric')
test_evaluator = val_evaluator
