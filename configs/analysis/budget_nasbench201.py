"""What each score picks in NAS-Bench-201 when the size is given: the test at equal size.

Command: python tools/study.py configs/analysis/budget_nasbench201.py --minutes 9, again until it says that everything
is finished
Hardware: 1 GPU; four search networks of 250 epochs, then minutes. In minutes on a CPU, at a size that says nothing
about the scores: add --preset parquet small. The rows that need the table alone take seconds: --only 'table-*'.
Expected: no figure of the paper; not yet reproduced. docs/budget.md has what the rows of the table give.

Budgets are the multiply-adds that 10, 25, 50 and 75 per cent of the 15,625 cells keep within, of the network of the
benchmark (C=16, N=5, 32 pixels). Under each, 200 random cells are scored by the weights of a one-shot search: masked
with HD, masked at a single scale, masked in `sparse` mode, by labels. Against them stand, by the table: the largest
cell (one of the equally large for each seed), a random one, the best of 200 and of all by the accuracy after 12
epochs, and the optimum.
"""

title = 'NAS-Bench-201 at equal size'
seeds = [0, 1, 2]
_masked, _labels = (f'configs/search/{name}_nasbench201_1xb64-250e_cifar10.py' for name in ('maenas-rsps', 'rsps'))
#: Per cent of the cells, and the multiply-adds that they keep within.
_budgets = {10: 11_715_200, 25: 19_579_520, 50: 47_104_640, 75: 82_494_080}
_scores = (
    ('masked', 'masked, HD', _masked, {}, {}),
    ('single', 'masked, single scale', _masked, {'model.neck.type': 'mmnas_mae.SingleScaleDecoder'}, {}),
    ('sparse', 'masked, sparse', _masked, {'model.masking': 'sparse'}, {}),
    ('labels', 'labels', _labels, {}, {'scorer.score': 'loss'}),
)
rows = [
    dict(
        name=f'supernet-{_name}',
        label=f'the search network, {_label}',
        config=_config,
        cfg_options={'default_hooks.selection': None, **_options},
    )
    for _name, _label, _config, _options, _ in _scores
]
_table = (
    # Draws, what they are scored by, and what that is called; None draws all.
    ('largest', None, 'params', 'largest'),
    ('random', 1, 'valid_12ep', 'one random'),
    ('random-12ep', 200, 'valid_12ep', 'best of 200 by 12 epochs'),
    ('all-12ep', None, 'valid_12ep', 'best of all by 12 epochs'),
    ('optimum', None, 'test', 'optimum'),
)
for _percent, _macs in _budgets.items():
    for _name, _label, _config, _options, _scorer in _scores:
        rows.append(
            dict(
                name=f'shared-{_name}-{_percent}',
                label=f'{_percent} %: {_label}',
                config='configs/discrete/rs-mae_nasbench201_cifar10.py',
                levels=dict(score=_label, budget=_percent),
                cfg_options={
                    'budget.macs': _macs,
                    'run.config': _config,
                    'run.checkpoint': f'{{supernet-{_name}.checkpoint}}',
                    **{f'run.cfg_options.{_key}': _value for _key, _value in _options.items()},
                    **_scorer,
                },
            )
        )
    for _name, _draws, _metric, _label in _table:
        rows.append(
            dict(
                name=f'table-{_name}-{_percent}',
                label=f'{_percent} %: {_label}',
                config='configs/discrete/rs-table_nasbench201_cifar10.py',
                levels=dict(score=_label, budget=_percent),
                cfg_options={'budget.macs': _macs, 'search.budget': _draws, 'scorer.metric': _metric},
            )
        )
columns = ['cifar10_valid', 'cifar10_test', 'cifar100_test', 'imagenet16_test', 'seconds']
pictures = [dict(file='accuracy', kind='lines', x='budget', y='cifar10_test', series='score')]
_train = '{{$MMNAS_DATA:../shared/data}}/cifar10_train_20k.parquet'
_nested = ('train_dataloader', 'val_dataloader')
presets = dict(
    parquet={
        **{f'{_loader}.dataset.dataset.type': 'mmnas_mae.ParquetImages' for _loader in _nested},
        **{f'{_loader}.dataset.dataset.data_root': _train for _loader in _nested},
        **{f'*-labels*:{_loader}.dataset.dataset.label_column': 'label' for _loader in _nested},
    },
    small={
        'model.backbone.init_channels': 8,
        'model.backbone.cells_per_stage': 1,
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
