"""CIFAR-10 without its labels as one array; crop and flip run on whole batches on the device.

Takes the place of cifar10_search.py in a search config where the loader is what a step waits for, see docs/speed.md.
"""

train_dataloader = dict(
    batch_size=64,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='weights',
        parts=[('weights', 0.5), ('arch', 0.5)],
        dataset=dict(
            type='mmnas_mae.ArrayImages', dataset=dict(type='CIFAR10', data_root='data/cifar10', split='train')
        ),
    ),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=1,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='CIFAR10', data_root='data/cifar10', split='test', pipeline=[dict(type='mmnas_mae.PackImages')]),
)
test_dataloader = val_dataloader
# Images are read as RGB; mean and deviation of quark0/darts: cnn/utils.py, times 255.
data_preprocessor = dict(
    type='mmnas_mae.SearchDataPreprocessor',
    padding=4,
    flip_prob=0.5,
    mean=[125.307, 122.961, 113.8575],
    std=[62.9932, 62.0887, 66.7049],
)
