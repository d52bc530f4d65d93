"""The search schedule of DARTS: 50 epochs, SGD with cosine decay for the weights, Adam for alpha."""

optim_wrapper = dict(
    constructor='mmnas_mae.BilevelOptimWrapperConstructor',
    weights=dict(
        type='OptimWrapper',
        optimizer=dict(type='SGD', lr=0.025, momentum=0.9, weight_decay=3e-4),
        clip_grad=dict(max_norm=5),
    ),
    arch=dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=3e-4, betas=(0.5, 0.999), weight_decay=1e-3)),
)
# Keyed by optimizer: a plain list would decay the learning rate of alpha too.
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.001, by_epoch=True, begin=0, end=50)], arch=[])
train_cfg = dict(by_epoch=True, max_epochs=50, val_interval=10)
val_cfg = dict()
test_cfg = dict()
