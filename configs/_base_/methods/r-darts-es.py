"""R-DARTS (ES): second order, stopped by the dominant eigenvalue, which is measured every 2 epochs."""

method = dict(
    default_hooks=dict(
        bilevel=dict(order=2),
        hessian=dict(type='mmnas_mae.HessianHook', interval=2, weight_decay=True),
        early_stop=dict(type='mmnas_mae.EarlyStopHook', mode='stop'),
    )
)
