"""A network of TransNAS-Bench-101 on image classification, with the benchmark's own head.

Command: python tools/train.py configs/retrain/transnas101-classification_1xb128-25e_in1k.py \
    --cfg-options model.network.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: no published number, since the benchmark trained on Taskonomy; not yet reproduced.

The benchmark's tasks class_object and class_scene on another data set. It published no training settings; these are
25 epochs of SGD with cosine decay. A network of another space will do, such as mmnas_mae.NASBench201Network.
"""

_base_ = ['../_base_/datasets/in1k_retrain.py', '../_base_/retrain_runtime.py']

model = dict(
    type='mmnas_mae.NetworkClassifier',
    network=dict(type='mmnas_mae.TransNASNetwork', genotype='64-41414-1_02_333', num_classes=1000),
)
epochs = 25
optim_wrapper = dict(
    optimizer=dict(type='SGD', lr=0.05, momentum=0.9, nesterov=True, weight_decay=5e-4), clip_grad=dict(max_norm=5)
)
param_scheduler = dict(type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=0, end=epochs)
train_cfg = dict(by_epoch=True, max_epochs=epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=128)
