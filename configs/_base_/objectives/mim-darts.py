"""MIM-DARTS: classification of 10 classes and masked reconstruction together, with equal weights."""

_base_ = ['./maenas.py']
model = dict(
    type='mmnas_mae.MIMDARTS',
    cls_head=dict(type='mmnas_mae.LinearHead', num_classes=10),
    cls_weight=1.0,
    rec_weight=1.0,
)
val_evaluator = dict(type='mmnas_mae.PredictionMetric')
test_evaluator = dict(type='mmnas_mae.PredictionMetric')
