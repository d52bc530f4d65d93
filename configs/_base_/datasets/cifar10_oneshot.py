"""CIFAR-10 without its labels, where cells are selected at the end on the half of the images that alpha may see."""

_base_ = ['./cifar10_search.py']
_split = _base_.train_dataloader.dataset
_pipeline = _base_.val_dataloader.dataset.pipeline
val_dataloader = dict(
    dataset=dict(_split, _delete_=True, part='arch', dataset=dict(_split.dataset, pipeline=_pipeline))
)
test_dataloader = val_dataloader
del _split, _pipeline
