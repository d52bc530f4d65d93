"""P-DARTS without its tricks: three stages of 25 epochs, deeper each, in which an edge keeps 5, then 3 operations."""

method = dict(
    train_dataloader=dict(batch_size=96),
    optim_wrapper=dict(arch=dict(optimizer=dict(lr=6e-4), clip_grad=dict(max_norm=5))),
    param_scheduler=dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=0, end=25)]),
    train_cfg=dict(max_epochs=25, val_interval=5),
    default_hooks=dict(bilevel=dict(warmup_epochs=10)),
    stages=[
        dict(cfg=dict(model=dict(backbone=dict(layers=5))), keep=5),
        dict(cfg=dict(model=dict(backbone=dict(layers=11))), keep=3),
        dict(cfg=dict(model=dict(backbone=dict(layers=17)))),
    ],
)
