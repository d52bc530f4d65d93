"""Rotation (UnNAS) and its score."""

model = dict(type='mmnas_mae.RotationSearch', head=dict(type='mmnas_mae.LinearHead'))
val_evaluator = dict(type='mmnas_mae.PredictionMetric')
test_evaluator = val_evaluator
