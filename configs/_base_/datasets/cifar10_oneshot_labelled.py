"""CIFAR-10 as for a selection at the end without labels, with the labels packed: for supervised objectives."""

_base_ = ['./cifar10_search.py']
train_pipeline = [
    dict(type='RandomCrop', crop_size=32, padding=4),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='mmnas_mae.PackImages', with_label=True),
]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmnas_mae.SearchSplit',
        part='arch',
        parts=[('weights', 0.5), ('arch', 0.5)],
        dataset=dict(
            type='CIFAR10',
            data_root='data/cifar10',
            split='train',
            pipeline=[dict(type='mmnas_mae.PackImages', with_label=True)],
        ),
    )
)
test_dataloader = val_dataloader
