"""The preset ``parquet`` of studies: CIFAR-10 from two Parquet files of 43 MB in MMNAS_DATA, not all of it.

Columns are ``image`` and ``label``; labels are read in rows of supervised searches and retraining only.
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
    }
)
