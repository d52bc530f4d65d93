"""Faster R-CNN on a derived backbone, mmdet's 1x recipe: a two-stage detector, which reads stride 4 too.

Command: tools/dist_train.sh configs/detection/faster-rcnn_genotype_fpn_1x_coco.py 8 \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json \
    model.backbone.init_cfg.checkpoint=work_dirs/RETRAIN/epoch_250.pth
Hardware: 8 GPUs, 2 images each.
Expected: the paper reports no two-stage detector; not yet reproduced.

Nothing but the backbone and the inputs of the FPN is replaced. With another init_channels C:
model.neck.in_channels="[C,4C,8C,16C]". Other data sets: see retinanet_genotype_fpn_1x_coco.py.
"""

_base_ = ['mmdet::faster_rcnn/faster-rcnn_r50_fpn_1x_coco.py', '../_base_/networks/genotype_coco.py']
_base_.merge(_base_.pop('network'))
