"""Sensitivity to mask ratio and patch size: searches in S0 and retraining (paper section 4.7, Table 7).

Command: python tools/study.py configs/analysis/sensitivity_darts-s0.py
Hardware: 1 GPU; 21 searches of 0.4 GPU-days (paper, of one) and 21 trainings of 600 epochs. In minutes on a CPU, at a
size that says nothing about the method: add --preset parquet small.
Expected: error 2.79 / 2.77 / 2.65 / 2.80 % at ratio 0.1 / 0.3 / 0.5 / 0.7, and 2.75 / 2.63 / 2.71 / 2.74 % with patches
of 2 / 4 / 8 / 16 pixels (paper; the table has 100 minus the error); not yet reproduced.

Ratio 0.5 with patches of 4 pixels stands in both halves of the paper's table, with two figures.
"""

_base_ = ['../_base_/study_presets.py']
title = 'Table 7: mask ratio and patch size in S0'
seeds = [0, 1, 2]
_cells = [
    ('ratio-10', 0.1, 4, '97.21 ± 0.18'),
    ('ratio-30', 0.3, 4, '97.23 ± 0.14'),
    ('ratio-50', 0.5, 4, '97.35 ± 0.08, 97.37 ± 0.11'),
    ('ratio-70', 0.7, 4, '97.20 ± 0.19'),
    ('patch-2', 0.5, 2, '97.25 ± 0.24'),
    ('patch-8', 0.5, 8, '97.29 ± 0.12'),
    ('patch-16', 0.5, 16, '97.26 ± 0.21'),
]
rows = [
    dict(
        name=name,
        label=f'ratio {ratio}, patch {patch}',
        config='configs/search/maenas_darts-s0_1xb64-50e_cifar10.py',
        cfg_options={'model.mask_generator.ratio': ratio, 'model.mask_generator.patch_size': patch},
        levels=dict(ratio=ratio, patch=patch),
    )
    for name, ratio, patch, _ in _cells
] + [
    dict(
        name=f'{name}-retrained',
        label=f'ratio {ratio}, patch {patch}, retrained',
        config='configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py',
        cfg_options={'model.backbone.genotype': f'{{{name}}}/genotype.json'},
        levels=dict(ratio=ratio, patch=patch),
        published=dict(top1=published),
    )
    for name, ratio, patch, published in _cells
]
columns = ['top1', 'skips', 'entropy', 'score', 'seconds']
pictures = [
    dict(file='accuracy_by_ratio', kind='lines', x='ratio', y='top1', series='patch'),
    dict(file='accuracy_by_patch', kind='lines', x='patch', y='top1', series='ratio'),
    dict(file='skips_by_ratio', kind='lines', x='ratio', y='skips', series='patch'),
    dict(file='skips_by_patch', kind='lines', x='patch', y='skips', series='ratio'),
    dict(file='alphas', kind='alphas'),
]
presets = dict(small={'model.backbone.layers': 5})
