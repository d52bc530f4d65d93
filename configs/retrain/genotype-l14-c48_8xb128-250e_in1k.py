"""A derived architecture from scratch on ImageNet-1k (the recipe of PC-DARTS; Tables 2 and 3).

Command: tools/dist_train.sh configs/retrain/genotype-l14-c48_8xb128-250e_in1k.py 8 \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 8 GPUs.
Expected: PC_DARTS_image 75.8 % top-1, 92.7 % top-5 (Table 2); not yet reproduced.

14 cells, 48 channels, 250 epochs, batch 1024, linear decay from 0.5 after 5 epochs of warm-up, label smoothing
0.1, auxiliary 0.4.
"""

_base_ = [
    '../_base_/networks/genotype_imagenet.py',
    '../_base_/datasets/in1k_retrain.py',
    '../_base_/retrain_runtime.py',
]
epochs = 250
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.5, momentum=0.9, weight_decay=3e-5), clip_grad=dict(max_norm=5))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.2, by_epoch=True, begin=0, end=5),
    # MMEngine arrives one epoch before the end, and an epoch at zero would be lost.
    dict(type='PolyLR', power=1.0, eta_min=0, by_epoch=True, begin=5, end=epochs + 1),
]
train_cfg = dict(by_epoch=True, max_epochs=epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=1024)
