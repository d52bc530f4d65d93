"""MAE-NAS with the relaxation of this project, on photographs that come with installed packages.

Command: PYTHONPATH=. python tools/train.py projects/example_relaxation/configs/maenas-sparsemax_photos.py
Hardware: 2 CPU cores, half a minute.
Expected: a genotype; no table of the paper.
"""

_base_ = ['../../../configs/quickstart/maenas_darts-s0-c4-l5_photos.py']
custom_imports = dict(imports=['projects.example_relaxation.sparsemax_relaxation'], allow_failed_imports=False)
model = dict(backbone=dict(relaxation=dict(type='mmnas_mae.SparsemaxRelaxation')))
train_dataloader = dict(dataset=dict(parts=[('weights', 0.03), ('arch', 0.03)]))
