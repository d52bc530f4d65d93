"""CIFAR-100 with the labels packed. Takes the place of cifar10_search_labelled.py, where a head has 100 classes."""

_base_ = ['./cifar10_search.py']
_images = dict(type='CIFAR100', data_root='data/cifar100')
train_pipeline = [*_base_.train_pipeline[:-1], dict(type='mmnas_mae.PackImages', with_label=True)]
train_dataloader = dict(dataset=dict(dataset=dict(_images, pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(_images, pipeline=train_pipeline[-1:]))
test_dataloader = dict(dataset=dict(_images, pipeline=train_pipeline[-1:]))
data_preprocessor = dict(mean=[129.304, 124.070, 112.434], std=[68.170, 65.392, 70.418])
del _images
