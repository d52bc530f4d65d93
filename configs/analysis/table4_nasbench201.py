"""The methods of Table 4, searching on each of the three data sets of NAS-Bench-201 (paper section 4.4).

Command: python tools/study.py configs/analysis/table4_nasbench201.py --only 'maenas-*'
Hardware: 1 GPU; a search takes 3 to 10 hours (paper). In minutes on a CPU, at a size that says nothing about the
methods: add --preset parquet small --only '*-c10*'.
Expected: no figure of the paper, whose table is of cells that were searched on one data set; not yet reproduced.

CIFAR-10 rows are the configs themselves. On CIFAR-100 and ImageNet16-120 half of the training images are for alpha;
D-X-Y/AutoDL-Projects has all of them for the weights there, and half of the test images for alpha
(xautodl/datasets/get_dataset_with_transform.py). ImageNet16-120 is read from Parquet files, see
configs/_base_/datasets/in16_search.py.
"""

_base_ = ['../_base_/study_presets.py']
title = 'Table 4: searches on the three data sets of NAS-Bench-201'
seeds = [0, 1, 2, 3]
_methods = [
    ('darts', 'DARTS, first order', 'darts_nasbench201_1xb64-50e'),
    ('darts-2nd', 'DARTS, second order', 'darts-2nd_nasbench201_1xb64-50e'),
    ('gdas', 'GDAS', 'gdas_nasbench201_1xb64-250e'),
    ('setn', 'SETN', 'setn_nasbench201_1xb64-250e'),
    ('rsps', 'RSPS', 'rsps_nasbench201_1xb64-250e'),
    ('maenas', 'MAE-NAS (ours)', 'maenas_nasbench201_1xb64-50e'),
]
_data_sets = [
    ('c10', 'CIFAR-10', None, 10),
    ('c100', 'CIFAR-100', 'cifar100', 100),
    ('in16', 'ImageNet16-120', 'imagenet16', 120),
]
rows = []
for _name, _label, _config in _methods:
    for _key, _dataset, _options, _classes in _data_sets:
        _options = dict(_base_.data_sets[_options]) if _options else {}
        if _options and _name in ('setn', 'rsps'):  # cells are selected on a part of the training images
            for _part in ('type', 'data_root'):
                for _loader in ('val_dataloader', 'test_dataloader'):
                    _options.pop(f'{_loader}.dataset.{_part}')
                    _options[f'{_loader}.dataset.dataset.{_part}'] = _options[
                        f'train_dataloader.dataset.dataset.{_part}'
                    ]
        if _options and _name != 'maenas':
            _options['model.head.num_classes'] = _classes
            if _key == 'in16':
                for _loader in ('train_dataloader', 'val_dataloader', 'test_dataloader'):
                    _nested = _loader == 'train_dataloader' or _name in ('setn', 'rsps')
                    _options[f'{_loader}.dataset.{"dataset." if _nested else ""}label_column'] = 'label'
        rows.append(
            dict(
                name=f'{_name}-{_key}',
                label=f'{_dataset}, {_label}',
                config=f'configs/search/{_config}_cifar10.py',
                cfg_options=_options,
                levels=dict(method=_label, dataset=_dataset),
            )
        )
columns = ['cifar10_test', 'cifar100_test', 'imagenet16_test', 'entropy', 'seconds']
pictures = [dict(file='cifar100', kind='heat', x='dataset', y='method', value='cifar100_test')]
_data = '{{$MMNAS_DATA:../shared/data}}'
_parquet = dict(_base_.presets.parquet)
# SETN and RSPS select their cells on a part of the training images.
for _part in ('type', 'data_root'):
    _read = _parquet.pop(f'val_dataloader.dataset.{_part}')
    _parquet[f'[!sr]*:val_dataloader.dataset.{_part}'] = _read
    _read = _parquet[f'!*-retrained:train_dataloader.dataset.dataset.{_part}']
    _parquet[f'[sr]*:val_dataloader.dataset.dataset.{_part}'] = _read
_small = dict(_base_.presets.small)
_indices = _small.pop('val_dataloader.dataset.indices')
_parts = _small['!*-retrained:train_dataloader.dataset.parts']
presets = dict(
    parquet=dict(
        _parquet,
        _delete_=True,
        **{
            '*-c100:train_dataloader.dataset.dataset.data_root': f'{_data}/cifar100_train_5k.parquet',
            '[!sr]*-c100:val_dataloader.dataset.data_root': f'{_data}/cifar100_test_1k.parquet',
            '[sr]*-c100:val_dataloader.dataset.dataset.data_root': f'{_data}/cifar100_train_5k.parquet',
            '[!m]*:train_dataloader.dataset.dataset.label_column': 'label',
            'darts*:val_dataloader.dataset.label_column': 'label',
            'gdas*:val_dataloader.dataset.label_column': 'label',
            '[sr]*:val_dataloader.dataset.dataset.label_column': 'label',
        },
    ),
    small=dict(
        _small,
        _delete_=True,
        **{
            'model.backbone.cells_per_stage': 1,
            '[!sr]*:val_dataloader.dataset.indices': _indices,
            '[sr]*:val_dataloader.dataset.parts': _parts,
            '[sr]*:default_hooks.selection.heldout': _indices,
            'setn*:default_hooks.selection.search.num': 5,
            'rsps*:default_hooks.selection.search.budget': 5,
        },
    ),
)
