"""CIFAR-10 as for a search without labels, with the labels packed: for supervised objectives."""

_base_ = ['./cifar10_search.py']
train_pipeline = [*_base_.train_pipeline[:-1], dict(type='mmnas_mae.PackImages', with_label=True)]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=train_pipeline[-1:]))
test_dataloader = dict(dataset=dict(pipeline=train_pipeline[-1:]))
