"""RetinaNet with an FPN on what the search of this project has found, mmdet's 1x recipe.

Command: PYTHONPATH=. python tools/train.py projects/example_skeleton/configs/retinanet_pyramid_fpn_1x_coco.py \
    --cfg-options model.backbone.genotype=work_dirs/maenas-pyramid_photos/genotype.json
Hardware: 8 GPUs, 2 images each; batch size and learning rate are mmdet's.
Expected: a detector that trains from scratch, for which mmdet's 1x recipe is short; no table of the paper.
With the weights of a classifier: model.backbone.init_cfg.checkpoint=work_dirs/RETRAIN/epoch_250.pth
"""

_base_ = ['mmdet::retinanet/retinanet_r50_fpn_1x_coco.py']
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmnas_mae.GenotypeBackbone',
        genotype='work_dirs/maenas-pyramid_photos/genotype.json',
        init_channels=16,
        layers=(1, 2, 2, 2),
        strides=(1, 2, 2, 2),
        stem=dict(type='mmnas_mae.ConvStem', strides=(2, 2)),
        norm_eval=False,
    ),
    # RetinaNet leaves stride 4 out, as it does with ResNet.
    neck=dict(in_channels=[64, 128, 256, 512], start_level=1),
)
