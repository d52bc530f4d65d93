"""Panoptic FPN on a derived backbone, mmdet's 1x recipe: segmentation of every pixel from all strides, 4 to 32.

Command: tools/dist_train.sh configs/detection/panoptic-fpn_genotype_fpn_1x_coco.py 8 \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json \
    model.backbone.init_cfg.checkpoint=work_dirs/RETRAIN/epoch_250.pth
Hardware: 8 GPUs, 2 images each; evaluation needs panopticapi.
Expected: the paper reports no segmentation on COCO; not yet reproduced.

Nothing but the backbone and the inputs of the FPN is replaced. With another init_channels C:
model.neck.in_channels="[C,4C,8C,16C]".
"""

_base_ = ['mmdet::panoptic_fpn/panoptic-fpn_r50_fpn_1x_coco.py', '../_base_/networks/genotype_coco.py']
_base_.merge(_base_.pop('network'))
