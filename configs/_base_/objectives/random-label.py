"""Random labels (RLNAS) of 10 classes and their score."""

model = dict(type='mmnas_mae.RandomLabelSearch', head=dict(type='mmnas_mae.LinearHead', num_classes=10))
val_evaluator = dict(type='mmnas_mae.PredictionMetric', score='loss')
test_evaluator = val_evaluator
