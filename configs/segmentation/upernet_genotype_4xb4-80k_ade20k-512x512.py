"""UPerNet on a derived backbone, mmsegmentation's recipe of 80k steps for ADE20K.

Command: tools/dist_train.sh configs/segmentation/upernet_genotype_4xb4-80k_ade20k-512x512.py 4 \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json \
    model.backbone.init_cfg.checkpoint=work_dirs/RETRAIN/epoch_250.pth
Hardware: 4 GPUs, 4 images each.
Expected: no figure of the paper; not yet reproduced.

Nothing but the backbone and the inputs of the two heads is replaced: strides 4, 8, 16, 32 where ResNet-50 has them. The
checkpoint is a classifier trained by configs/retrain/genotype-l14-c48_8xb128-250e_in1k.py with the same genotype.
Batch statistics are those of all processes, as upstream, by MMEngine's sync_bn, so that one process needs no GPU. With
another init_channels C: model.decode_head.in_channels="[C,4C,8C,16C]" model.auxiliary_head.in_channels=8C.
docs/downstream.md has the options for images and label maps of your own.
"""

_base_ = ['mmseg::upernet/upernet_r50_4xb4-80k_ade20k-512x512.py', '../_base_/networks/genotype_ade20k.py']
_base_.merge(_base_.pop('network'))
norm_cfg = dict(type='BN', requires_grad=True)
sync_bn = 'torch'
model = dict(decode_head=dict(norm_cfg=norm_cfg), auxiliary_head=dict(norm_cfg=norm_cfg))
