"""Presets of studies: what is read and how large it is, for searches and for retraining in rows named *-retrained.

``data_sets``: the options by which a search on CIFAR-10 runs on another data set, for the rows of a study.

``parquet``: CIFAR-10 from two Parquet files of 43 MB in MMNAS_DATA, not all of it; columns are ``image`` and ``label``;
labels are read in rows of supervised searches, named *-darts, and retraining only. ``small``: minutes on a CPU, at a
size that says nothing about a method; studies add the number of cells.
"""

_data = '{{$MMNAS_DATA:../shared/data}}'
_train, _test = f'{_data}/cifar10_train_20k.parquet', f'{_data}/cifar10_test_4k.parquet'
presets = dict(
    parquet={
        '!*-retrained:train_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages',
        '!*-retrained:train_dataloader.dataset.dataset.data_root': _train,
        '*-retrained:train_dataloader.dataset.type': 'mmnas_mae.ParquetImages',
        '*-retrained:train_dataloader.dataset.data_root': _train,
        'val_dataloader.dataset.type': 'mmnas_mae.ParquetImages',
        'val_dataloader.dataset.data_root': _test,
        '*-darts:train_dataloader.dataset.dataset.label_column': 'label',
        '*-darts:val_dataloader.dataset.label_column': 'label',
        '*-retrained:train_dataloader.dataset.label_column': 'label',
        '*-retrained:val_dataloader.dataset.label_column': 'label',
    },
    small={
        'model.backbone.init_channels': 4,
        'train_dataloader.batch_size': 32,
        'train_dataloader.num_workers': 0,
        '!*-retrained:train_dataloader.dataset.parts': [('weights', 0.032), ('arch', 0.032)],
        '*-retrained:train_dataloader.dataset.indices': 640,
        'val_dataloader.num_workers': 0,
        'val_dataloader.dataset.indices': 256,
        'train_cfg.max_epochs': 5,
        '!*-retrained:train_cfg.val_interval': 5,
        '!*-retrained:param_scheduler.weights.0.end': 5,
        '!*-retrained:optim_wrapper.arch.optimizer.lr': 0.01,
        '*-retrained:param_scheduler.end': 5,
        '*-retrained:model.head.in_channels': [64, 64],
    },
)
data_sets = dict(
    cifar100={
        'train_dataloader.dataset.dataset.type': 'CIFAR100',
        'train_dataloader.dataset.dataset.data_root': 'data/cifar100',
        'val_dataloader.dataset.type': 'CIFAR100',
        'val_dataloader.dataset.data_root': 'data/cifar100',
        'test_dataloader.dataset.type': 'CIFAR100',
        'test_dataloader.dataset.data_root': 'data/cifar100',
        'data_preprocessor.mean': [129.304, 124.070, 112.434],
        'data_preprocessor.std': [68.170, 65.392, 70.418],
    },
    imagenet16={
        'train_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages',
        'train_dataloader.dataset.dataset.data_root': 'data/imagenet16-120/train.parquet',
        'train_dataloader.dataset.dataset.pipeline.0.crop_size': 16,
        'train_dataloader.dataset.dataset.pipeline.0.padding': 2,
        'val_dataloader.dataset.type': 'mmnas_mae.ParquetImages',
        'val_dataloader.dataset.data_root': 'data/imagenet16-120/valid.parquet',
        'test_dataloader.dataset.type': 'mmnas_mae.ParquetImages',
        'test_dataloader.dataset.data_root': 'data/imagenet16-120/test.parquet',
        'data_preprocessor.mean': [122.68, 116.66, 104.01],
        'data_preprocessor.std': [63.22, 61.26, 65.09],
    },
)
