"""A derived architecture as a classifier of your own images: a folder of each class, or Parquet files with labels.

Command: IMAGE_FOLDER=path/to/images python tools/train.py configs/retrain/genotype-l20-c36_1xb96-200e_folder.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: a classifier of your images; no table of the paper.

Number of classes, channels, size, mean and deviation are read from the images, the widths of the heads from the
backbone, the stem goes by the size: up to 64 pixels that of CIFAR, above it that of ImageNet. A fifth is held out.
One option for each of: own_images.size=64, own_images.heldout=0.1, own_images.heldout_root=path/to/others,
own_images.data_root=labels.parquet, own_images.label_column=label, model.backbone.init_channels=16,
model.backbone.layers=8, train_cfg.max_epochs=50; more are those of the search on your own images.
"""

_base_ = [
    '../_base_/networks/genotype_cifar.py',
    '../_base_/datasets/folder_retrain.py',
    '../_base_/schedules/retrain_600e.py',
    '../_base_/retrain_runtime.py',
]
# Left to the images.
model = dict(backbone=dict(stem=None), head=dict(in_channels=None, num_classes=None, stem=None, head=dict(topk=(1,))))
param_scheduler = dict(end=None)
train_cfg = dict(max_epochs=200)
default_hooks = dict(logger=dict(interval=10))
