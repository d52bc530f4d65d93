"""A derived backbone that a classifier was trained with, in a detector of mmdet: strides 4, 8, 16 and 32."""

network = dict(
    default_hooks=dict(checkpoint=dict(type='mmnas_mae.CompleteCheckpointHook')),
    model=dict(
        backbone=dict(
            _delete_=True,
            type='mmnas_mae.GenotypeBackbone',
            genotype='PC_DARTS_image',
            init_channels=48,
            layers=14,
            stem='imagenet',
            out_indices=('stem', 0, 1, 2),
            # ResNet is frozen down to stride 4, the stem here.
            frozen_stages=0,
            norm_eval=True,
            init_cfg=dict(
                type='Pretrained',
                checkpoint='work_dirs/genotype-l14-c48_8xb128-250e_in1k/epoch_250.pth',
                prefix='backbone.',
            ),
        ),
        neck=dict(in_channels=[48, 192, 384, 768]),
    ),
)
