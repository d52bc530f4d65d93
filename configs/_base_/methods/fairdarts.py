"""FairDARTS: sigmoids, a zero-one loss and a threshold, in batches of 128."""

method = dict(
    model=dict(
        backbone=dict(
            relaxation=dict(
                type='mmnas_mae.SigmoidRelaxation',
                regularizer=dict(type='mmnas_mae.ZeroOneLoss', weight=10.0, norm='l2'),
            ),
            derivation=dict(threshold=0.85),
        )
    ),
    train_dataloader=dict(batch_size=128),
    optim_wrapper=dict(weights=dict(optimizer=dict(lr=0.005)), arch=dict(optimizer=dict(lr=3e-3, betas=(0.9, 0.999)))),
)
