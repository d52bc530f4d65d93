"""Which protocol, masked objective and decoder rank the cells of NAS-Bench-201 (paper section 5, Figures 2 and 5).

Command: python tools/study.py configs/analysis/scores_nasbench201.py --preset parquet small --minutes 9, again until it
says that everything is finished
Hardware: 2 CPU cores, about 1.5 hours with --preset parquet small; 1 GPU for networks of full size, without small.
Expected: the paper has scatter plots and no coefficient; at full size not yet reproduced, at the reduced size see
docs/evidence.md.

Stand-alone networks are trained for 200 steps of 16 images, a network of shared weights by uniform paths. Each
seed has its own sample of architectures, its own weights, batches and masks. small: C=8 and N=1, shared weights trained
for 2,000 steps of 32 images.
"""

seeds = [0, 1, 2]
title = 'Scores in NAS-Bench-201'
truths = ['cifar10_test']
columns = ['seconds']
_masked, _labels = (f'configs/search/{name}_nasbench201_1xb64-50e_cifar10.py' for name in ('maenas', 'darts'))
_shared_masked, _shared_labels = (
    f'configs/search/{name}_nasbench201_1xb64-250e_cifar10.py' for name in ('maenas-rsps', 'rsps')
)
_no_hd = {'model.neck.type': 'mmnas_mae.SingleScaleDecoder'}
_sparse = {'model.masking': 'sparse'}


def _alone(**options):
    """Flags of a stand-alone score."""
    training = dict(steps=200, batch_size=16, lr=3e-3, **options)
    return dict(scorer='short', scorer_options=training, num=40, connected_only=True, heldout=256, train=4096)


rows = [
    dict(name='alone-masked', config=_masked, scores=_alone()),
    dict(name='alone-labels', config=_labels, scores=_alone(score='loss')),
    dict(name='alone-sparse', config=_masked, scores=_alone(), cfg_options=_sparse),
    dict(name='alone-single', config=_masked, scores=_alone(), cfg_options=_no_hd),
]
for _name, _config, _options, _more in (
    ('masked', _shared_masked, {}, {}),
    ('labels', _shared_labels, {}, dict(scorer_options=dict(score='loss'))),
    ('sparse', _shared_masked, _sparse, {}),
    ('single', _shared_masked, _no_hd, {}),
    ('ratio-80', _shared_masked, {'model.mask_generator.ratio': 0.8}, {}),
    ('ratio-20', _shared_masked, {'model.mask_generator.ratio': 0.2}, {}),
    ('gradient', _shared_masked, {'model.head.target.type': 'mmnas_mae.GradientTarget'}, {}),
    ('per-scale', _shared_masked, {'model.neck.type': 'mmnas_mae.PerScaleDecoder'}, {}),
    ('patch-norm', _shared_masked, {'model.head.target.type': 'mmnas_mae.PatchNormTarget'}, {}),
    ('patch-8', _shared_masked, {'model.mask_generator.patch_size': 8}, {}),
):
    _checkpoint = f'{{supernet-{_name}.checkpoint}}'
    rows += [
        dict(name=f'supernet-{_name}', config=_config, cfg_options={'default_hooks.selection': None, **_options}),
        dict(
            name=f'shared-{_name}',
            config=_config,
            cfg_options=_options,
            scores=dict(scorer='inherited', num=100, heldout=256, checkpoint=_checkpoint, **_more),
        ),
    ]
rows.append(
    dict(
        name='shared-masks-4',
        config=_shared_masked,
        cfg_options={'model.masks': 4},
        scores=dict(scorer='inherited', num=100, heldout=256, checkpoint='{supernet-masked.checkpoint}'),
    )
)
_data = '{{$MMNAS_DATA:../shared/data}}'
_train, _test = f'{_data}/cifar10_train_20k.parquet', f'{_data}/cifar10_test_4k.parquet'
_one_shot, _stand_alone = ('supernet-*', 'shared-*'), ('alone-*',)
presets = dict(
    parquet={
        'train_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages',
        'train_dataloader.dataset.dataset.data_root': _train,
        '*-labels:train_dataloader.dataset.dataset.label_column': 'label',
        **{f'{name}:val_dataloader.dataset.type': 'mmnas_mae.ParquetImages' for name in _stand_alone},
        **{f'{name}:val_dataloader.dataset.data_root': _test for name in _stand_alone},
        'alone-labels:val_dataloader.dataset.label_column': 'label',
        **{f'{name}:val_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages' for name in _one_shot},
        **{f'{name}:val_dataloader.dataset.dataset.data_root': _train for name in _one_shot},
        **{f'{name}-labels:val_dataloader.dataset.dataset.label_column': 'label' for name in ('supernet', 'shared')},
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
                'train_dataloader.dataset.parts': [('weights', 0.4), ('arch', 0.1)],
                'val_dataloader.dataset.parts': [('weights', 0.4), ('arch', 0.1)],
                'train_cfg.max_epochs': 8,
                'train_cfg.val_interval': 100,
                'param_scheduler.weights.0.end': 8,
                'default_hooks.checkpoint.interval': 8,
            }.items()
        },
    },
)
