"""RetinaNet on a derived backbone, mmdet's 1x recipe (paper section 4.6, Table 6).

Command: tools/dist_train.sh configs/detection/retinanet_genotype_fpn_1x_coco.py 8 \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json \
    model.backbone.init_cfg.checkpoint=work_dirs/RETRAIN/epoch_250.pth
Hardware: 8 GPUs, 2 images each.
Expected: 32.9 AP, 51.8 AP50, 34.8 AP75 with PC_DARTS_image (Table 6; its recipe "as RLNAS" was never published); not
yet reproduced. configs/detection/README.md has the genotype and init_channels of each row.

Nothing but the backbone and the inputs of the FPN is replaced: strides 8, 16, 32 where ResNet-50 has them. The
checkpoint is a classifier trained by configs/retrain/genotype-l14-c48_8xb128-250e_in1k.py with the same genotype.
With another init_channels C: model.neck.in_channels="[4C,8C,16C]".

Any data set in COCO format, such as a folder SMALL with train2017/, instances_train2017.json and the same for val:
    train_dataloader.dataset.data_root=SMALL/ train_dataloader.dataset.ann_file=instances_train2017.json \
    val_dataloader.dataset.data_root=SMALL/ val_dataloader.dataset.ann_file=instances_val2017.json \
    test_dataloader.dataset.data_root=SMALL/ test_dataloader.dataset.ann_file=instances_val2017.json \
    val_evaluator.ann_file=SMALL/instances_val2017.json test_evaluator.ann_file=SMALL/instances_val2017.json
Drawn predictions: tools/test.py with --cfg-options default_hooks.visualization.draw=True \
    default_hooks.visualization.test_out_dir=predictions
"""

_base_ = ['mmdet::retinanet/retinanet_r50_fpn_1x_coco.py', '../_base_/networks/genotype_coco.py']
_base_.merge(_base_.pop('network'))
# The neck counts inputs: ResNet's first, which is left out, is at stride 4.
model = dict(backbone=dict(out_indices=(0, 1, 2)), neck=dict(in_channels=[192, 384, 768], start_level=0))
