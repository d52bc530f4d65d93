"""The supervised objective over the search network of NAS-Bench-201, for 32-pixel images of 10 classes, and its score.

The head has the normalisation that stands behind the last cell of the benchmark's networks.
"""

model = dict(
    type='mmnas_mae.ClassificationSearch',
    backbone=dict(type='mmnas_mae.NASBench201Supernet', space='nasbench201', init_channels=16, cells_per_stage=5),
    head=dict(type='mmnas_mae.LinearHead', num_classes=10, norm=True),
)
val_evaluator = dict(type='mmnas_mae.PredictionMetric')
test_evaluator = val_evaluator
