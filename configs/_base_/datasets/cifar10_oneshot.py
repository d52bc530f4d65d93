"""CIFAR-10 without its labels, where cells are selected at the end on the half of the images that alpha may see."""

_base_ = ['./cifar10_search.py']
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='mmnas_mae.SearchSplit',
        part='arch',
        parts=[('weights', 0.5), ('arch', 0.5)],
        dataset=dict(
            type='CIFAR10', data_root='data/cifar10', split='train', pipeline=[dict(type='mmnas_mae.PackImages')]
        ),
    )
)
test_dataloader = val_dataloader
