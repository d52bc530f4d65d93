"""Weights without labels for a derived network of the mobile setting, on ImageNet-1k.

Command: tools/dist_train.sh configs/pretrain/sparse_genotype-l14-c48_8xb128-300e_in1k.py 8 \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 8 GPUs.
Expected: a checkpoint that starts a classifier or a detector (docs/pretrain.md); no table of the paper.

All training images, no labels. Patches of 32 pixels, the last stride, as in SparK.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/datasets/in1k_search.py',
    '../_base_/schedules/pretrain_200e.py',
    '../_base_/search_runtime.py',
]
model = dict(
    backbone=dict(
        type='mmnas_mae.GenotypeBackbone', genotype='PC_DARTS_image', init_channels=48, layers=14, stem='imagenet'
    ),
    mask_generator=dict(patch_size=32, ratio=0.6),
    masking='sparse',
)
train_dataloader = dict(dataset=dict(part='train', parts=[('train', 1.0)]))
train_cfg = dict(max_epochs=300)
default_hooks = dict(bilevel=None, genotype=None, graphs=None)
# Statistics over visible positions of all processes.
sync_bn = 'torch'
