"""What each score picks in the micro space of TransNAS-Bench-101 when the size is given: the test at equal size.

Command: python tools/study.py configs/analysis/budget_transnas101.py --minutes 9, again until it says that everything
is finished
Hardware: 1 GPU; three search networks of 250 epochs, then minutes. In minutes on a CPU, at a size that says nothing
about the scores: add --preset parquet small. The rows that need the table alone take seconds: --only 'table-*'.
Expected: no figure of the paper; not yet reproduced. docs/budget.md has what the rows of the table give.

Budgets are the multiply-adds that 10, 25, 50 and 75 per cent of the 4,096 cells keep within, at 64 channels and 32
pixels. Under each, 200 random cells are scored by the weights of a network that was trained by uniform paths: masked
with HD, masked at a single scale, masked in `sparse` mode. The benchmark's own images and labels are not public, so
that no row is scored by labels. Against the scores stand, by the table: a random cell, and the optimum of object
classification and of semantic segmentation.
"""

title = 'TransNAS-Bench-101, micro space, at equal size'
seeds = [0, 1, 2]
_supernet = 'configs/search/maenas-rsps_transnas101-micro_1xb64-250e_cifar10.py'
#: Per cent of the cells, and the multiply-adds that they keep within.
_budgets = {10: 6_648_832, 25: 24_474_624, 50: 32_076_800, 75: 50_295_808}
_scores = (
    ('masked', 'masked, HD', {}),
    ('single', 'masked, single scale', {'model.neck.type': 'mmnas_mae.SingleScaleDecoder'}),
    ('sparse', 'masked, sparse', {'model.masking': 'sparse'}),
)
rows = [
    dict(
        name=f'supernet-{_name}',
        label=f'the search network, {_label}',
        config=_supernet,
        cfg_options={'default_hooks.selection': None, **_options},
    )
    for _name, _label, _options in _scores
]
_cls, _seg = 'class_object_valid_top1', 'segmentsemantic_valid_mIoU'
_table = (
    # Draws, what they are scored by, and what that is called; None draws all.
    ('random', 1, {}, 'one random'),
    ('optimum-cls', None, {}, 'optimum of classification'),
    (
        'optimum-seg',
        None,
        {'scorer.dataset': 'segmentsemantic', 'scorer.metric': 'valid_mIoU'},
        'optimum of segmentation',
    ),
)
for _percent, _macs in _budgets.items():
    for _name, _label, _options in _scores:
        rows.append(
            dict(
                name=f'shared-{_name}-{_percent}',
                label=f'{_percent} %: {_label}',
                config='configs/discrete/rs-mae_transnas101-micro.py',
                levels=dict(score=_label, budget=_percent),
                cfg_options={
                    'budget.macs': _macs,
                    'search.budget': 200,
                    'run.config': _supernet,
                    'run.checkpoint': f'{{supernet-{_name}.checkpoint}}',
                    **{f'run.cfg_options.{_key}': _value for _key, _value in _options.items()},
                },
            )
        )
    for _name, _draws, _options, _label in _table:
        rows.append(
            dict(
                name=f'table-{_name}-{_percent}',
                label=f'{_percent} %: {_label}',
                config='configs/discrete/rs-table_transnas101-micro.py',
                levels=dict(score=_label, budget=_percent),
                cfg_options={'budget.macs': _macs, 'search.budget': _draws, **_options},
            )
        )
columns = [_cls, _seg, 'seconds']
pictures = [
    dict(file='classification', kind='lines', x='budget', y=_cls, series='score'),
    dict(file='segmentation', kind='lines', x='budget', y=_seg, series='score'),
]
_train = '{{$MMNAS_DATA:../shared/data}}/cifar10_train_20k.parquet'
_nested = ('train_dataloader', 'val_dataloader')
presets = dict(
    parquet={
        **{f'{_loader}.dataset.dataset.type': 'mmnas_mae.ParquetImages' for _loader in _nested},
        **{f'{_loader}.dataset.dataset.data_root': _train for _loader in _nested},
    },
    small={
        'model.backbone.init_channels': 8,
        'shared-*:search.budget': 40,
        'shared-*:run.heldout': 256,
        'train_dataloader.num_workers': 0,
        'val_dataloader.num_workers': 0,
        'train_dataloader.batch_size': 32,
        'train_dataloader.dataset.parts': [('weights', 0.4), ('arch', 0.1)],
        'val_dataloader.dataset.parts': [('weights', 0.4), ('arch', 0.1)],
        'supernet-*:train_cfg.max_epochs': 8,
        'supernet-*:train_cfg.val_interval': 100,
        'supernet-*:param_scheduler.weights.0.end': 8,
        'supernet-*:default_hooks.checkpoint.interval': 8,
    },
)
