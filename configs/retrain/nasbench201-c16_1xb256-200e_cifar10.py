"""A network of NAS-Bench-201 from scratch on CIFAR-10, as the benchmark trained all of its cells.

Command: python tools/train.py configs/retrain/nasbench201-c16_1xb256-200e_cifar10.py \
    --cfg-options model.network.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: 94.36 % for the cell that stands here, the best one by the table of the benchmark (94.37 in Table 4); not yet
reproduced.

Source: D-X-Y/AutoDL-Projects, configs/nas-benchmark/hyper-opts/200E.config: 200 epochs, batch 256, SGD with Nesterov's
momentum, cosine from 0.1, weight decay 5e-4, crop and flip.
Differs: nothing beyond what docs/method.md says of all retraining.
"""

_base_ = ['../_base_/datasets/cifar10_retrain.py', '../_base_/retrain_runtime.py']
_arch = '|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_3x3~2|'
model = dict(
    type='mmnas_mae.NetworkClassifier',
    network=dict(type='mmnas_mae.NASBench201Network', genotype=_arch, num_classes=10),
)
# No cutout.
_base_.train_pipeline.pop(2)
train_dataloader = dict(batch_size=256, dataset=dict(pipeline=_base_.train_pipeline))
epochs = 200
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4))
param_scheduler = dict(type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=0, end=epochs)
train_cfg = dict(by_epoch=True, max_epochs=epochs, val_interval=10)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=256)
del _arch
