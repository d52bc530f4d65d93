"""RetinaNet on a random cell of S0 (paper Table 6, row Random).

Command: tools/dist_train.sh configs/detection/retinanet_random_fpn_1x_coco.py 8 --cfg-options \
    model.backbone.init_cfg.checkpoint=work_dirs/random-l14-c48_8xb128-250e_in1k/epoch_250.pth
Hardware: 8 GPUs, 2 images each.
Expected: 31.7 AP, 50.4 AP50, 33.4 AP75 (paper; its cell is unpublished); not yet reproduced.

As retinanet_genotype_fpn_1x_coco.py, with the cell and the checkpoint of
configs/retrain/random-l14-c48_8xb128-250e_in1k.py; model.backbone.genotype.seed gives another in both.
"""

_base_ = ['./retinanet_genotype_fpn_1x_coco.py']
model = dict(backbone=dict(genotype=dict(_delete_=True, space='darts_s0', seed=1)))
