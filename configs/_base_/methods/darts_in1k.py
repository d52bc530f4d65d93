"""DARTS on ImageNet-1k with the learning rates of PC-DARTS there, and alpha that rests for 35 epochs."""

method = dict(
    optim_wrapper=dict(
        weights=dict(optimizer=dict(lr=0.5)), arch=dict(optimizer=dict(lr=6e-3), clip_grad=dict(max_norm=5))
    ),
    param_scheduler=dict(
        weights=[
            dict(type='LinearLR', start_factor=0.2, by_epoch=True, begin=0, end=5),
            # Over all epochs: the warm-up multiplies it (train_search_imagenet.py).
            dict(type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=0, end=50),
        ]
    ),
    default_hooks=dict(bilevel=dict(warmup_epochs=35)),
)
