"""UnNAS on ImageNet-1k: half of the images for the weights, half for alpha, 2 epochs, alpha from the second."""

method = dict(
    model=dict(backbone=dict(stem_channels=16)),
    train_dataloader=dict(batch_size=32, dataset=dict(parts=[('weights', 0.5), ('arch', 0.5)])),
    optim_wrapper=dict(weights=dict(optimizer=dict(lr=0.05, weight_decay=3e-5)), arch=dict(optimizer=dict(lr=1.5e-4))),
    param_scheduler=dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=0, end=2)]),
    train_cfg=dict(max_epochs=2, val_interval=1),
    default_hooks=dict(bilevel=dict(warmup_epochs=1)),
)
