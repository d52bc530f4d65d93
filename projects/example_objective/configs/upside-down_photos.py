"""A search by the objective of this project, on photographs that come with installed packages.

Command: PYTHONPATH=. python tools/train.py projects/example_objective/configs/upside-down_photos.py
Hardware: 2 CPU cores, half a minute.
Expected: a genotype; no table of the paper.
"""

_base_ = ['../../../configs/quickstart/maenas_darts-s0-c4-l5_photos.py']
custom_imports = dict(imports=['projects.example_objective.upside_down_search'], allow_failed_imports=False)
model = dict(
    _delete_=True,
    type='mmnas_mae.UpsideDownSearch',
    backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=4, layers=5),
    head=dict(type='mmnas_mae.LinearHead'),
)
val_evaluator = dict(type='mmnas_mae.PredictionMetric')
test_evaluator = val_evaluator
train_dataloader = dict(dataset=dict(parts=[('weights', 0.03), ('arch', 0.03)]))
