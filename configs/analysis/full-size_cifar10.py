"""The searches at full size: NAS-Bench-201 at C=16, N=5 and S0 at C=16, 8 layers (paper sections 4.2, 4.4 and 4.8).

Command: python tools/study.py configs/analysis/full-size_cifar10.py --minutes 9, again until it exits with status 0
Hardware: 1 GPU; 18 searches, of 3.2 hours in NAS-Bench-201 and 0.4 GPU-days in S0 (paper, of one).
Expected: CIFAR-10 test accuracy of the cells in NAS-Bench-201 (paper): MAE-NAS 93.74 +- 0.11, DARTS 54.30; the paper
has none for the decoder there. Skips in S0 as in Table 8; not yet reproduced.

--preset parquet needs 44 MB of input (20,000 training images in place of 50,000, and the table). Runs are stopped
within an epoch and lose nothing. The same in minutes on a CPU, at a reduced size: --preset parquet small.
"""

_base_ = ['../_base_/study_presets.py']
title = 'Searches at full size on CIFAR-10'
seeds = [0, 1, 2]
_hessian = {'default_hooks.hessian.type': 'mmnas_mae.HessianHook', 'default_hooks.hessian.steps': 20}
_published = {
    ('nb201', 'maenas'): dict(cifar10_test='93.74 ± 0.11'),
    ('nb201', 'darts'): dict(cifar10_test='54.30 ± 0.00'),
}
rows = [
    dict(
        name=f'{space}-{name}',
        label=f'{label}, {method}',
        config=f'configs/search/{config}_{file}_1xb64-50e_cifar10.py',
        cfg_options=dict(_hessian, **options),
        levels=dict(space=label, method=method),
        published=_published.get((space, name), {}),
    )
    for space, label, file in (('nb201', 'NAS-Bench-201', 'nasbench201'), ('s0', 'S0', 'darts-s0'))
    for name, method, config, options in (
        ('maenas', 'MAE-NAS', 'maenas', {}),
        ('single', 'MAE-NAS without HD', 'maenas', {'model.neck.type': 'mmnas_mae.SingleScaleDecoder'}),
        ('darts', 'DARTS', 'darts', {}),
    )
]
columns = [
    'cifar10_valid',
    'cifar10_test',
    'cifar100_test',
    'imagenet16_test',
    'skips',
    'collapsed',
    'eigenvalue',
    'entropy',
    'score',
    'seconds',
]
pictures = [
    dict(file='accuracy', kind='epochs', y='cifar10_test'),
    dict(file='skips', kind='epochs', y='skips'),
    dict(file='eigenvalue', kind='epochs', y='eigenvalue'),
    dict(file='alphas', kind='alphas'),
]
presets = dict(small={'nb201-*:model.backbone.cells_per_stage': 1, 's0-*:model.backbone.layers': 5})
