"""Colourisation (UnNAS) and its score."""

model = dict(type='mmnas_mae.ColorizationSearch', head=dict(type='mmnas_mae.PixelHead'))
val_evaluator = dict(type='mmnas_mae.PredictionMetric')
test_evaluator = val_evaluator
