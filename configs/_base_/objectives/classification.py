"""The supervised objective, for 10 classes, and its score."""

model = dict(type='mmnas_mae.ClassificationSearch', head=dict(type='mmnas_mae.LinearHead', num_classes=10))
val_evaluator = dict(type='mmnas_mae.PredictionMetric')
test_evaluator = val_evaluator
