"""Weights without labels for a derived network, on your own images: masked reconstruction at its final size.

Command: python tools/train.py configs/pretrain/sparse_genotype-l8-c16_1xb64-200e_folder.py --cfg-options \
    own_images.data_root=path/to/images model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: a checkpoint that starts a classifier or a detector of your images (docs/pretrain.md); no table of the paper.

Width, depth, stem and size are those of the network that will be used, not those of the search. Masking is `sparse` as
in SparK, 60 % of patches as large as the last stride, which is a choice for weights and says nothing for a search;
model.masking=input masks pixels only. A tenth of the images is held out for the loss. One option for each of:
own_images.size=96, own_images.data_root=images.parquet, model.backbone.init_channels=36, model.backbone.layers=20,
model.mask_generator.ratio=0.75, train_cfg.max_epochs=800.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/datasets/folder_search.py',
    '../_base_/schedules/pretrain_200e.py',
    '../_base_/search_runtime.py',
]
own_images = dict(type='mmnas_mae.OwnPretraining', size=None)
model = dict(
    backbone=dict(
        type='mmnas_mae.GenotypeBackbone',
        genotype='DARTS_V2',
        init_channels=16,
        layers=8,
        # Left to the size of the images.
        stem=None,
    ),
    mask_generator=dict(patch_size=None, ratio=0.6),
    masking='sparse',
)
parts = [('train', 0.9), ('heldout', 0.1)]
train_dataloader = dict(dataset=dict(part='train', parts=parts))
val_dataloader = dict(dataset=dict(parts=parts))
test_dataloader = val_dataloader
# Nothing is searched.
default_hooks = dict(bilevel=None, genotype=None, graphs=None, logger=dict(interval=10))
