"""MAE-NAS with the stabiliser of this project, on photographs that come with installed packages.

Command: PYTHONPATH=. python tools/train.py projects/example_stabiliser/configs/maenas-mask-ratio_photos.py
Hardware: 2 CPU cores, half a minute.
Expected: a genotype; no table of the paper.
"""

_base_ = ['../../../configs/quickstart/maenas_darts-s0-c4-l5_photos.py']
custom_imports = dict(imports=['projects.example_stabiliser.mask_ratio_hook'], allow_failed_imports=False)
default_hooks = dict(mask_ratio=dict(type='mmnas_mae.MaskRatioHook', start=0.25, end=0.75))
train_dataloader = dict(dataset=dict(parts=[('weights', 0.03), ('arch', 0.03)]))
