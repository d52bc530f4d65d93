"""P-DARTS as published: dropout behind skip connections, stronger in each stage, and two of them at most."""

_base_ = ['./pdarts.py']
method = dict(
    model=dict(backbone=dict(connection=dict(type='mmnas_mae.SkipDropoutMixedOp'), derivation=dict(max_skips=2))),
    default_hooks=dict(skip_dropout=dict(type='mmnas_mae.SkipDropoutHook', prob=0.0, frozen_epochs=10)),
    stages=[
        dict(stage, cfg=dict(stage.cfg, default_hooks=dict(skip_dropout=dict(prob=prob))))
        for stage, prob in zip(_base_.method.stages, (0.1, 0.4, 0.7))
    ],
)
