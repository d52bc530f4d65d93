"""SNAS (SNAS-Series/SNAS-Series: SNAS/train_search.py): a concrete distribution, one pass for weights and alpha.

Both learn from the same batch of all training images.
"""

method = dict(
    model=dict(backbone=dict(relaxation=dict(type='mmnas_mae.ConcreteRelaxation', init_mean=1.0, init_std=0.01))),
    train_dataloader=dict(dataset=dict(parts=[('weights', 1.0)])),
    optim_wrapper=dict(
        # The public code has this optimizer on one GPU, and on several the Adam of DARTS.
        arch=dict(optimizer=dict(_delete_=True, type='SGD', lr=3e-4), clip_grad=dict(max_norm=10))
    ),
    param_scheduler=dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.001, by_epoch=True, begin=0, end=150)]),
    train_cfg=dict(max_epochs=150),
    default_hooks=dict(
        bilevel=dict(single_level=True, one_pass=True),
        # From 1 to 0.03 in 150 steps, the first of them before the first epoch.
        temperature=dict(type='mmnas_mae.TemperatureHook', start=1 - 0.97 / 150, end=0.03),
        drop_path=dict(type='mmnas_mae.DropPathHook', prob=0.3, start=0.3),
    ),
)
