"""SNAS: a concrete distribution; weights and alpha learn from the same batch of all training images."""

method = dict(
    model=dict(backbone=dict(relaxation=dict(type='mmnas_mae.ConcreteRelaxation'))),
    train_dataloader=dict(dataset=dict(parts=[('weights', 1.0)])),
    param_scheduler=dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=0, end=150)]),
    train_cfg=dict(max_epochs=150),
    default_hooks=dict(
        bilevel=dict(single_level=True), temperature=dict(type='mmnas_mae.TemperatureHook', start=1.0, end=0.33)
    ),
)
