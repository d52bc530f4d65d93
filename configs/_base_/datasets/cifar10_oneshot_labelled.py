"""CIFAR-10 as for a selection at the end without labels, with the labels packed: for supervised objectives."""

_base_ = ['./cifar10_search.py']
_split = _base_.train_dataloader.dataset
train_pipeline = [*_base_.train_pipeline[:-1], dict(type='mmnas_mae.PackImages', with_label=True)]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(
    dataset=dict(_split, _delete_=True, part='arch', dataset=dict(_split.dataset, pipeline=train_pipeline[-1:]))
)
test_dataloader = val_dataloader
del _split
