"""MAE-NAS on four stages, on photographs that come with installed packages.

Command: PYTHONPATH=. python tools/train.py projects/example_skeleton/configs/maenas-pyramid_photos.py
Hardware: 2 CPU cores.
Expected: a genotype of S0 that names the skeleton ``pyramid``; no table of the paper.
"""

_base_ = ['../../../configs/quickstart/maenas_darts-s0-c4-l5_photos.py']
custom_imports = dict(imports=['projects.example_skeleton.pyramid_skeleton'], allow_failed_imports=False)
model = dict(backbone=dict(_delete_=True, type='mmnas_mae.PyramidSupernet', space='darts_s0', init_channels=4))
train_dataloader = dict(dataset=dict(parts=[('weights', 0.03), ('arch', 0.03)]))
