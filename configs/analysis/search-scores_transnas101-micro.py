"""RS and REA in the micro space of TransNAS-Bench-101: the masked score against accuracy (Table 11).

Command: python tools/study.py configs/analysis/search-scores_transnas101-micro.py
Hardware: 1 GPU; 5 searches, whose weights the masked score inherits, then minutes. The rows with accuracy as the scorer
alone take seconds on a CPU: --only '*-accuracy*'.
Expected: classification in per cent / segmentation in mIoU of the best (paper A.2.4): RS by accuracy 45.16 / 25.21, by
the masked score 45.34 / 25.35, REA by accuracy 45.39 / 25.52, by the masked score 45.47 / 25.77; the metafile of
configs/discrete has what was reproduced.

By accuracy each task has its own search; the masked score knows no task. In the table a search for one task has the
figure of the other too, which it was not made for.
"""

_base_ = ['../_base_/study_presets.py']
title = 'Table 11: RS and REA in TransNAS-Bench-101, masked score against accuracy'
seeds = [0, 1, 2, 3, 4]
_task = {'scorer.dataset': 'segmentsemantic', 'scorer.metric': 'valid_mIoU'}
_checkpoint = {'run.checkpoint': '{supernet.checkpoint}'}
_cls, _seg = 'class_object_valid_top1', 'segmentsemantic_valid_mIoU'
rows = [
    dict(
        name='supernet',
        label='the search network itself (MAE-NAS)',
        config='configs/search/maenas_transnas101-micro_1xb64-50e_cifar10.py',
        cfg_options={
            'default_hooks.benchmark.type': 'mmnas_mae.BenchmarkHook',
            'default_hooks.benchmark.benchmark': 'transnas101_micro',
        },
    )
] + [
    dict(
        name=f'{name}-{score}',
        label=f'{label}, {proxy}',
        config=f'configs/discrete/{name}-{file}_transnas101-micro.py',
        cfg_options=options,
        levels=dict(search=label, score=proxy),
        published=published,
    )
    for name, label, score, proxy, file, options, published in (
        ('rs', 'RS', 'accuracy-cls', 'accuracy (classification)', 'table', {}, {_cls: '45.16 ± 0.4'}),
        ('rs', 'RS', 'accuracy-seg', 'mIoU (segmentation)', 'table', _task, {_seg: '25.21 ± 0.4'}),
        ('rs', 'RS', 'masked', 'masked score', 'mae', _checkpoint, {_cls: '45.34 ± 0.4', _seg: '25.35 ± 0.4'}),
        ('rea', 'REA', 'accuracy-cls', 'accuracy (classification)', 'table', {}, {_cls: '45.39 ± 0.2'}),
        ('rea', 'REA', 'accuracy-seg', 'mIoU (segmentation)', 'table', _task, {_seg: '25.52 ± 0.3'}),
        ('rea', 'REA', 'masked', 'masked score', 'mae', _checkpoint, {_cls: '45.47 ± 0.3', _seg: '25.77 ± 0.3'}),
    )
]
columns = [_cls, _seg, 'seconds']
pictures = [
    dict(file='best_classification', kind='best', y=_cls),
    dict(file='best_segmentation', kind='best', y=_seg),
]
presets = dict(small={'model.backbone.init_channels': 8, '*-masked:run.heldout': 128})
