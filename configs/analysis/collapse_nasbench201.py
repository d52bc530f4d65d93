"""Collapse against the mask ratio, with and without the hierarchical decoder (paper sections 3.1.1 and 4.8).

Command: python tools/study.py configs/analysis/collapse_nasbench201.py
Hardware: 1 GPU; 54 searches of about 3 hours each (paper, of one). In minutes on a CPU, at a size that says nothing
about the method: add --preset parquet small.
Expected: without the decoder collapse to skip connections below a ratio of 0.5, with it at no ratio (paper, in words;
Table 8 has figures for S0, see collapse_darts-s0.py); not yet reproduced.

The table of the benchmark, found by MMNAS_DATA, gives the true accuracies; the collapsed cell has 54.30 on the test
images of CIFAR-10. The eigenvalue is that of the Hessian of the validation loss by alpha, as in R-DARTS.
"""

_base_ = ['../_base_/study_presets.py']
title = 'Collapse in NAS-Bench-201: mask ratio and decoder'
seeds = [0, 1, 2]
rows = [
    dict(
        name=f'{name}-{ratio}',
        label=f'{decoder}, {ratio / 100}',
        config='configs/search/maenas_nasbench201_1xb64-50e_cifar10.py',
        cfg_options={
            'model.neck.type': f'mmnas_mae.{neck}',
            'model.mask_generator.ratio': ratio / 100,
            'default_hooks.hessian.type': 'mmnas_mae.HessianHook',
        },
        levels=dict(decoder=decoder, ratio=ratio / 100),
    )
    for name, decoder, neck in (('hd', 'HD', 'HierarchicalDecoder'), ('single', 'without HD', 'SingleScaleDecoder'))
    for ratio in range(10, 100, 10)
]
columns = ['cifar10_valid', 'cifar10_test', 'skips', 'collapsed', 'eigenvalue', 'entropy', 'score', 'seconds']
pictures = [
    dict(file='skips', kind='lines', x='ratio', y='skips', series='decoder'),
    dict(file='accuracy', kind='lines', x='ratio', y='cifar10_test', series='decoder'),
    dict(file='eigenvalue', kind='lines', x='ratio', y='eigenvalue', series='decoder'),
    dict(file='skips_grid', kind='heat', x='ratio', y='decoder', value='skips'),
    dict(file='accuracy_grid', kind='heat', x='ratio', y='decoder', value='cifar10_test'),
    dict(file='alphas', kind='alphas'),
]
presets = dict(small={'model.backbone.cells_per_stage': 1, 'default_hooks.hessian.interval': 1})
