"""MAE-NAS in the methods of R-DARTS, SDARTS and PC-DARTS, in S1 to S4, and methods of S0, on both CIFARs.

Command: python tools/study.py configs/analysis/combinations_darts.py --only 'maenas-r-darts-l2-*'
Hardware: 1 GPU; a search takes 0.1 to 1.6 GPU-days (paper, of others). In minutes on a CPU, at a size that says nothing
about the methods: add --preset parquet small.
Expected: no figure of the paper, which has none of these combinations; not yet reproduced.

The labelled twins of the rows in S1 to S4 are rows of robustness_darts-s1-s4.py.
"""

_base_ = ['../_base_/study_presets.py']
title = 'Combinations in the DARTS spaces'
seeds = [0, 1, 2]
_masked = ['r-darts-dp', 'r-darts-l2', 'r-darts-es', 'r-darts-ada', 'sdarts-rs', 'sdarts-adv', 'pcdarts']
_in_s0 = [
    ('pcdarts', 'pcdarts_darts-s0_1xb256-50e'),
    ('pdarts', 'pdarts-tricks_darts-s0_1xb96-25e'),
    ('darts-minus', 'darts-minus_darts-s0_1xb64-50e'),
]
_searches = [(f'maenas-{_x}', f'maenas-{_x}_darts-s1_1xb64-50e', f's{_i}') for _x in _masked for _i in (1, 2, 3, 4)]
_searches += [(_name, _config, 's0') for _name, _config in _in_s0]
rows = []
for _name, _config, _space in _searches:
    for _key, _dataset in (('c10', 'CIFAR-10'), ('c100', 'CIFAR-100')):
        _options = {'model.backbone.space': f'darts_{_space}'}
        if _key == 'c100':
            _options.update(_base_.data_sets.cifar100)
            if not _name.startswith('maenas'):
                _options['model.head.num_classes'] = 100
        rows.append(
            dict(
                name=f'{_name}-{_key}-{_space}',
                label=f'{_dataset}, {_space.upper()}, {_name}',
                config=f'configs/search/{_config}_cifar10.py',
                cfg_options=_options,
                levels=dict(method=_name, dataset=_dataset, space=_space.upper(), line=f'{_dataset}, {_name}'),
            )
        )
columns = ['skips', 'entropy', 'score', 'seconds']
pictures = [dict(file='skips', kind='heat', x='space', y='line', value='skips')]
_data = '{{$MMNAS_DATA:../shared/data}}'
presets = dict(
    parquet={
        '*-c100-*:train_dataloader.dataset.dataset.data_root': f'{_data}/cifar100_train_5k.parquet',
        '*-c100-*:val_dataloader.dataset.data_root': f'{_data}/cifar100_test_1k.parquet',
        '[!m]*:train_dataloader.dataset.dataset.label_column': 'label',
        '[!m]*:val_dataloader.dataset.label_column': 'label',
    },
    small={'model.backbone.layers': 5},
)
