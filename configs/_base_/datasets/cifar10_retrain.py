"""CIFAR-10 with the augmentation of DARTS: crop, flip, cutout of 16 pixels. Images are read as RGB.

Mean and deviation of quark0/darts: cnn/utils.py, times 255.
"""

data_preprocessor = dict(num_classes=10, mean=[125.307, 122.961, 113.8575], std=[62.9932, 62.0887, 66.7049])
train_pipeline = [
    dict(type='RandomCrop', crop_size=32, padding=4),
    dict(type='RandomFlip', prob=0.5, direction='horizontal'),
    # DARTS cuts after the normalisation, with zeros: the mean colour.
    dict(type='mmnas_mae.BorderCutout', length=16, pad_val=(125, 123, 114)),
    dict(type='PackInputs'),
]
train_dataloader = dict(
    batch_size=96,
    num_workers=4,
    sampler=dict(type='DefaultSampler', shuffle=True),
    dataset=dict(type='CIFAR10', data_root='data/cifar10', split='train', pipeline=train_pipeline),
)
val_dataloader = dict(
    batch_size=96,
    num_workers=2,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(type='CIFAR10', data_root='data/cifar10', split='test', pipeline=[dict(type='PackInputs')]),
)
test_dataloader = val_dataloader
val_evaluator = dict(type='Accuracy', topk=(1, 5))
test_evaluator = val_evaluator
