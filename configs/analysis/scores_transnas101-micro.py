"""Masked scores in the micro space of TransNAS-Bench-101: masking and decoder (paper section 5, Figure 5).

Command: python tools/study.py configs/analysis/scores_transnas101-micro.py --preset parquet small --minutes 9, again
until it says that everything is finished
Hardware: 2 CPU cores, about 20 minutes with --preset parquet small; 1 GPU without small.
Expected: the paper has scatter plots and no coefficient; at full size not yet reproduced, at the reduced size see
docs/evidence.md.

The images of the benchmark, Taskonomy, are photographs of rooms; parquet takes Tiny ImageNet instead, 64 x 64 pixels.
A network of shared weights is trained by uniform paths. small: 16 channels, 2,000 steps of 32 images.
"""

seeds = [0, 1, 2]
title = 'Scores in the micro space of TransNAS-Bench-101'
columns = ['seconds']
_config = 'configs/search/maenas_transnas101-micro_1xb64-50e_cifar10.py'
_one_shot = {
    'model.backbone.relaxation.type': 'mmnas_mae.UniformPathRelaxation',
    'default_hooks.bilevel': None,
    'default_hooks.genotype': None,
    'model.mask_generator.patch_size': 8,
}
rows = []
for _name, _options in (
    ('masked', {}),
    ('single', {'model.neck.type': 'mmnas_mae.SingleScaleDecoder'}),
    ('sparse', {'model.masking': 'sparse'}),
):
    _checkpoint = f'{{supernet-{_name}.checkpoint}}'
    rows += [
        dict(name=f'supernet-{_name}', config=_config, cfg_options={**_one_shot, **_options}),
        dict(
            name=f'shared-{_name}',
            config=_config,
            cfg_options={**_one_shot, **_options},
            scores=dict(
                benchmark='transnas101_micro', scorer='inherited', num=100, heldout=256, checkpoint=_checkpoint
            ),
        ),
    ]
_data = '{{$MMNAS_DATA:../shared/data}}'
presets = dict(
    parquet={
        'train_dataloader.dataset.dataset.type': 'mmnas_mae.ParquetImages',
        'train_dataloader.dataset.dataset.data_root': f'{_data}/tiny_imagenet_train_10k.parquet',
        'train_dataloader.dataset.dataset.pipeline.0.crop_size': 64,
        'train_dataloader.dataset.dataset.pipeline.0.padding': 8,
        'val_dataloader.dataset.type': 'mmnas_mae.ParquetImages',
        'val_dataloader.dataset.data_root': f'{_data}/tiny_imagenet_val_2k.parquet',
    },
    small={
        'model.backbone.init_channels': 16,
        'train_dataloader.batch_size': 32,
        'train_dataloader.num_workers': 0,
        'train_dataloader.dataset.parts': [('weights', 0.8), ('arch', 0.1)],
        'val_dataloader.num_workers': 0,
        'train_cfg.max_epochs': 8,
        'train_cfg.val_interval': 100,
        'param_scheduler.weights.0.end': 8,
        'default_hooks.checkpoint.interval': 8,
    },
)
