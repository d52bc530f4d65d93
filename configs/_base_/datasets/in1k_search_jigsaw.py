"""ImageNet-1k without its labels in crops of 255 pixels, which 3x3 tiles divide, from images of a short side of 256."""

_base_ = ['./in1k_search.py']
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=256, edge='short'),
    dict(type='RandomCrop', crop_size=255),
    *_base_.train_pipeline[2:],
]
val_pipeline = [*train_pipeline[:2], dict(type='CenterCrop', crop_size=255), _base_.val_pipeline[-1]]
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(pipeline=val_pipeline))
test_dataloader = dict(dataset=dict(pipeline=val_pipeline))
