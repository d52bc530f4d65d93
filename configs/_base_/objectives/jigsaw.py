"""Jigsaw puzzles (UnNAS) of 2x2 tiles and their score."""

model = dict(
    type='mmnas_mae.JigsawSearch', head=dict(type='mmnas_mae.LinearHead'), grid=2, tile_ratio=0.76, grey_prob=0.3
)
val_evaluator = dict(type='mmnas_mae.PredictionMetric')
test_evaluator = val_evaluator
