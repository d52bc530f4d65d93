"""CIFAR-100 with the augmentation of DARTS: crop, flip, cutout of 16 pixels. Images are read as RGB."""

_base_ = ['./cifar10_retrain.py']
_images = dict(type='CIFAR100', data_root='data/cifar100')
data_preprocessor = dict(num_classes=100, mean=[129.304, 124.070, 112.434], std=[68.170, 65.392, 70.418])
_crop, _flip, _cutout, _pack = _base_.train_pipeline
train_pipeline = [_crop, _flip, dict(_cutout, pad_val=(129, 124, 112)), _pack]
train_dataloader = dict(dataset=dict(_images, pipeline=train_pipeline))
val_dataloader = dict(dataset=_images)
test_dataloader = dict(dataset=_images)
del _images, _crop, _flip, _cutout, _pack
