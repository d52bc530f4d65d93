"""MAE-NAS on your own images: any folder of images, searched through recursively, without labels.

Command: IMAGE_FOLDER=path/to/images python tools/train.py configs/search/maenas_darts-s0_1xb64-50e_folder.py
Hardware: 1 GPU.
Expected: a genotype for your images; no table of the paper.

In the first 30 % of the epochs only the weights are trained: an alpha that moves from the first step follows pooling,
which fills holes before a convolution has learned to, and few images are few steps (docs/evidence.md).

Of the images 45 % train the weights, 45 % the architecture, and 10 % are held out. One option for each of:
own_images.size=64 (pixels of a crop, 32 by default; stem and patches follow), own_images.channels=4,
own_images.value_range=[0,4095] (of images with more than 8 bits), own_images.max_broken=0 (the first image that
cannot be read is an error), own_images.data_root=images.parquet, train_cfg.max_epochs=10.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/folder_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
# Left to the size of the images.
model = dict(backbone=dict(stem=None), mask_generator=dict(patch_size=None))
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.001, by_epoch=True, begin=0, end=None)])
default_hooks = dict(bilevel=dict(warmup_epochs=0.3))
