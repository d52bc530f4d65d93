"""ImageNet16-120 without its labels: images of 16 pixels in Parquet files with the columns image and label.

Takes the place of cifar10_search.py. Crop, mean and deviation are those of
D-X-Y/AutoDL-Projects: xautodl/datasets/get_dataset_with_transform.py.
"""

_base_ = ['./cifar10_search.py']
_images = dict(_delete_=True, type='mmnas_mae.ParquetImages')
_crop, *_rest = _base_.train_pipeline
train_pipeline = [dict(_crop, crop_size=16, padding=2), *_rest]
train_dataloader = dict(
    dataset=dict(dataset=dict(_images, data_root='data/imagenet16-120/train.parquet', pipeline=train_pipeline))
)
val_dataloader = dict(dataset=dict(_images, data_root='data/imagenet16-120/valid.parquet', pipeline=_rest[-1:]))
test_dataloader = dict(dataset=dict(_images, data_root='data/imagenet16-120/test.parquet', pipeline=_rest[-1:]))
data_preprocessor = dict(mean=[122.68, 116.66, 104.01], std=[63.22, 61.26, 65.09])
del _images, _crop, _rest
