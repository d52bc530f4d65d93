"""Which protocol, masked objective and decoder rank the cells of NAS-Bench-201 (paper section 5, Figures 2 and 5).

Command: python tools/study.py configs/analysis/scores_nasbench201.py --preset parquet small --minutes 9, again until it
says that everything is finished
Hardware: 2 CPU cores, about 2 hours with --preset parquet small; 1 GPU for networks of full size, without small.
Expected: the paper has scatter plots and no coefficient; at full size not yet reproduced, at the reduced size see
docs/evidence.md.

Stand-alone networks are trained for 200 steps of 16 images. Each seed has its own sample of architectures, its own
weights, batches and masks. small: C=8 and N=1, shared weights trained for 2,000 steps of 32 images.
"""

seeds = [0, 1, 2]
title = 'Scores in NAS-Bench-201'
truths = ['cifar10_test']
columns = ['seconds']
_mae = 'configs/search/maenas_nasbench201_1xb64-50e_cifar10.py'
_alone = dict(
    scorer='short',
    scorer_options=dict(steps=200, batch_size=16, lr=3e-3),
    num=40,
    connected_only=True,
    heldout=256,
    train=4096,
)
_shared = dict(scorer='inherited', num=100, heldout=256)
rows = [
    dict(name='masked', label='masked', config=_mae, scores=_alone),
    dict(
        name='labels',
        label='labels',
        config='configs/search/darts_nasbench201_1xb64-50e_cifar10.py',
        scores=dict(_alone, scorer_options=dict(_alone['scorer_options'], score='loss')),
    ),
    *(
        dict(name=name, label=label, config=_mae, scores=_alone, cfg_options=options)
        for name, label, options in (
            ('sparse', 'masked, sparse', {'model.masking': 'sparse'}),
            ('single', 'masked, without HD', {'model.neck.type': 'mmnas_mae.SingleScaleDecoder'}),
            ('ratio-80', 'masked, ratio 0.8', {'model.mask_generator.ratio': 0.8}),
            ('ratio-20', 'masked, ratio 0.2', {'model.mask_generator.ratio': 0.2}),
            ('gradient', 'masked, gradient target', {'model.head.target.type': 'mmnas_mae.GradientTarget'}),
            ('patch-norm', 'masked, normalised patches', {'model.head.target.type': 'mmnas_mae.PatchNormTarget'}),
            ('per-scale', 'masked, loss per scale', {'model.neck.type': 'mmnas_mae.PerScaleDecoder'}),
            ('masks-4', 'masked, 4 masks an image', {'model.masks': 4}),
            ('patch-8', 'masked, patch 8', {'model.mask_generator.patch_size': 8}),
        )
    ),
]
_rsps = 'configs/search/maenas-rsps_nasbench201_1xb64-250e_cifar10.py'
for _name, _label, _config, _options, _more in (
    ('masked', 'masked', _rsps, {}, {}),
    (
        'labels',
        'labels',
        'configs/search/rsps_nasbench201_1xb64-250e_cifar10.py',
        {},
        dict(scorer_options=dict(score='loss')),
    ),
    ('sparse', 'masked, sparse', _rsps, {'model.masking': 'sparse'}, {}),
    ('single', 'masked, without HD', _rsps, {'model.neck.type': 'mmnas_mae.SingleScaleDecoder'}, {}),
):
    rows += [
        dict(
            name=f'supernet-{_name}',
            label=f'supernet, {_label}',
            config=_config,
            cfg_options={'default_hooks.selection': None, **_options},
        ),
        dict(
            name=f'shared-{_name}',
            label=f'shared weights, {_label}',
            config=_config,
            cfg_options=_options,
            scores=dict(_shared, checkpoint=f'{{supernet-{_name}.checkpoint}}', **_more),
        ),
    ]
_data = '{{$MMNAS_DATA:../shared/data}}'
_train, _test = f'{_data}/cifar10_train_20k.parquet', f'{_data}/cifar10_test_4k.parquet'
_one_shot = ('supernet-*', 'shared-*')
_stand_alone = [row['name'] for row in rows if not row['name'].startswith(('supernet-', 'shared-'))]
presets = dict(
    parquet={
        'train_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages',
        'train_dataloader.dataset.dataset.data_root': _train,
        '*labels:train_dataloader.dataset.dataset.label_column': 'label',
        **{f'{name}:val_dataloader.dataset.type': 'mmnas_mae.ParquetImages' for name in _stand_alone},
        **{f'{name}:val_dataloader.dataset.data_root': _test for name in _stand_alone},
        'labels:val_dataloader.dataset.label_column': 'label',
        **{f'{name}:val_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages' for name in _one_shot},
        **{f'{name}:val_dataloader.dataset.dataset.data_root': _train for name in _one_shot},
        '*-labels:val_dataloader.dataset.dataset.label_column': 'label',
    },
    small={
        'model.backbone.init_channels': 8,
        'model.backbone.cells_per_stage': 1,
        'train_dataloader.num_workers': 0,
        'val_dataloader.num_workers': 0,
        **{
            f'{name}:{key}': value
            for name in _one_shot
            for key, value in {
                'train_dataloader.batch_size': 32,
                'train_dataloader.dataset.fractions.weights': 0.4,
                'train_dataloader.dataset.fractions.arch': 0.1,
                'val_dataloader.dataset.fractions.weights': 0.4,
                'val_dataloader.dataset.fractions.arch': 0.1,
                'train_cfg.max_epochs': 8,
                'train_cfg.val_interval': 100,
                'param_scheduler.weights.0.end': 8,
                'default_hooks.checkpoint.interval': 8,
            }.items()
        },
    },
)
