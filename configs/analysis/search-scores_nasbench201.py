"""RS and REA in NAS-Bench-201: the masked score against accuracy (the setting of paper A.2.4, Table 11).

Command: python tools/study.py configs/analysis/search-scores_nasbench201.py
Hardware: 1 GPU; 5 searches of 3 hours each (paper, of one), whose weights the masked score inherits, then minutes.
In minutes on a CPU, at a size that says nothing about the method: add --preset parquet small. The rows with accuracy as
the scorer alone take seconds: --only '*-accuracy'.
Expected: no number of the paper, whose Table 11 is of TransNAS-Bench-101; not yet reproduced.

A search with the masked score inherits the weights that were trained with its own seed.
"""

_base_ = ['../_base_/study_presets.py']
title = 'RS and REA in NAS-Bench-201: masked score against accuracy'
seeds = [0, 1, 2, 3, 4]
rows = [
    dict(
        name='supernet',
        label='the search network itself (MAE-NAS)',
        config='configs/search/maenas_nasbench201_1xb64-50e_cifar10.py',
    )
] + [
    dict(
        name=f'{name}-{score}',
        label=f'{label}, {proxy}',
        config=f'configs/discrete/{name}-{file}_nasbench201_cifar10.py',
        cfg_options=options,
        levels=dict(search=label, score=proxy),
    )
    for name, label in (('rs', 'RS'), ('rea', 'REA'))
    for score, proxy, file, options in (
        ('accuracy', 'accuracy', 'table', {}),
        ('masked', 'masked score', 'mae', {'run.checkpoint': '{supernet.checkpoint}'}),
    )
]
columns = ['cifar10_valid', 'cifar10_test', 'cifar100_test', 'imagenet16_test', 'seconds']
pictures = [
    dict(file='best_so_far', kind='best', y='cifar10_test'),
    dict(file='accuracy_grid', kind='heat', x='score', y='search', value='cifar10_test'),
]
presets = dict(
    small={
        'model.backbone.cells_per_stage': 1,
        'rs-*:search.budget': 30,
        'rea-*:search.cycles': 30,
        '*-masked:run.heldout': 128,
    }
)
