"""PC-DARTS as published on CIFAR-10: batches of 256, normalised edges, alpha that rests for 15 epochs.

The rate of the weights falls to 0, as the paper has it.
"""

_base_ = ['./pcdarts.py']
method = dict(
    model=dict(backbone=dict(edge_norm=True)),
    train_dataloader=dict(batch_size=256),
    optim_wrapper=dict(weights=dict(optimizer=dict(lr=0.1)), arch=dict(optimizer=dict(lr=6e-4))),
    param_scheduler=dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=0, end=50)]),
    default_hooks=dict(bilevel=dict(warmup_epochs=15)),
)
