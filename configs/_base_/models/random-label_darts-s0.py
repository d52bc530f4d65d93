"""Random labels (RLNAS) over the DARTS search network, for 32-pixel images, one path of it at a time.

The paths are those of RLNAS: two edges that are not none enter each node.
"""

model = dict(
    type='mmnas_mae.RandomLabelSearch',
    backbone=dict(
        type='mmnas_mae.DARTSSupernet',
        space='darts_s0',
        init_channels=16,
        layers=8,
        stem='cifar',
        relaxation=dict(type='mmnas_mae.UniformPathRelaxation', edges=2, exclude=['none']),
    ),
    head=dict(type='mmnas_mae.LinearHead', num_classes=10),
)
val_evaluator = dict(type='mmnas_mae.PredictionMetric', score='loss')
test_evaluator = val_evaluator
