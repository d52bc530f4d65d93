"""CIFAR-10 without its labels: half of the training images for the weights, half for the architecture.

The architecture's loader is the weights' with the other part of the split (see BilevelHook).
"""

train_pipeline = [
    dict(type='RandomCrop', crop_size=32, padding=4),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    dict(type='mmnas_mae.PackImages'),
]
train_dataloader = dict(
    batch_size=64,
    num_workers=4,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(
        type='mmnas_mae.SearchSplit',
        part='weights',
        parts=[('weights', 0.5), ('arch', 0.5)],
        dataset=dict(type='CIFAR10', data_root='data/cifar10', split='train', pipeline=train_pipeline),
    ),
)
val_dataloader = dict(
    batch_size=64,
    num_workers=2,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='CIFAR10', data_root='data/cifar10', split='test', pipeline=[dict(type='mmnas_mae.PackImages')]),
)
test_dataloader = val_dataloader
# Images are read as RGB; mean and deviation of quark0/darts: cnn/utils.py, times 255.
data_preprocessor = dict(type='ImgDataPreprocessor', mean=[125.307, 122.961, 113.8575], std=[62.9932, 62.0887, 66.7049])
