"""CIFAR-10 without its labels, flipped and not cropped: for tasks that a border without colour would give away."""

_base_ = ['./cifar10_search.py']
train_pipeline = _base_.train_pipeline[1:]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
