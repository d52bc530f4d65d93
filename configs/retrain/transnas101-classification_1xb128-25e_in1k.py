"""A network of TransNAS-Bench-101 on image classification, with the benchmark's own head.

Command: python tools/train.py configs/retrain/transnas101-classification_1xb128-25e_in1k.py \
    --cfg-options model.network.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: no published number, since the benchmark trained on Taskonomy; not yet reproduced.

The benchmark's tasks class_object and class_scene on another data set: 25 epochs, batch 128, SGD with Nesterov's
momentum from 0.1, cosine by iterations, weight decay 5e-4, images of 256 x 256 pixels, flip and colour jitter. A
network of another space will do, such as mmnas_mae.NASBench201Network.

Source: yawen-d/TransNASBench, configs/train_from_scratch/class_object/config.py.
Differs: the data and their mean and deviation. Its cosine follows a warm-up whose length no public file gives
(warmup_epochs): none here.
"""

_base_ = ['../_base_/datasets/in1k_retrain.py', '../_base_/retrain_runtime.py']

model = dict(
    type='mmnas_mae.NetworkClassifier',
    network=dict(type='mmnas_mae.TransNASNetwork', genotype='64-41414-1_02_333', num_classes=1000),
)
_load, _, _flip, _jitter, _pack = _base_.train_pipeline
_resize = dict(type='Resize', scale=(256, 256))
_jitter = dict(_jitter, brightness=0.2, contrast=0.2, saturation=0.2, hue=0.1)
train_dataloader = dict(dataset=dict(pipeline=[_load, _resize, _flip, _jitter, _pack]))
val_dataloader = dict(dataset=dict(pipeline=[_load, _resize, _pack]))
test_dataloader = val_dataloader
epochs = 25
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9, nesterov=True, weight_decay=5e-4))
param_scheduler = dict(
    type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=0, end=epochs, convert_to_iter_based=True
)
train_cfg = dict(by_epoch=True, max_epochs=epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=128)
del _load, _, _flip, _jitter, _pack, _resize
