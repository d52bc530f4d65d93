"""CIFAR-100 without its labels. Takes the place of cifar10_search.py."""

_base_ = ['./cifar10_search.py']
_images = dict(type='CIFAR100', data_root='data/cifar100')
train_dataloader = dict(dataset=dict(dataset=_images))
val_dataloader = dict(dataset=_images)
test_dataloader = dict(dataset=_images)
data_preprocessor = dict(mean=[129.304, 124.070, 112.434], std=[68.170, 65.392, 70.418])
del _images
