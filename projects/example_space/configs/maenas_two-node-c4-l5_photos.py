"""MAE-NAS in the space of this project, on photographs that come with installed packages.

Command: PYTHONPATH=. python tools/train.py projects/example_space/configs/maenas_two-node-c4-l5_photos.py
Hardware: 2 CPU cores, half a minute.
Expected: a genotype of the space two_node; no table of the paper.
"""

_base_ = ['../../../configs/quickstart/maenas_darts-s0-c4-l5_photos.py']
custom_imports = dict(imports=['projects.example_space.two_node_space'], allow_failed_imports=False)
model = dict(backbone=dict(space='two_node'))
train_dataloader = dict(dataset=dict(parts=[('weights', 0.03), ('arch', 0.03)]))
