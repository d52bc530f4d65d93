"""CIFAR-100 as for a search without labels, with the labels packed: for supervised objectives."""

_base_ = ['./cifar100_search.py']
train_pipeline = [
    dict(type='RandomCrop', crop_size=32, padding=4),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='mmnas_mae.PackImages', with_label=True),
]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=[dict(type='mmnas_mae.PackImages', with_label=True)]))
test_dataloader = dict(dataset=dict(pipeline=[dict(type='mmnas_mae.PackImages', with_label=True)]))
