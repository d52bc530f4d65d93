"""R-DARTS (ADA): second order, and ten times the weight decay from where the dominant eigenvalue grows, up to 0.03."""

method = dict(
    default_hooks=dict(
        # A search that goes back needs the checkpoints of all epochs.
        checkpoint=dict(max_keep_ckpts=-1),
        bilevel=dict(order=2),
        hessian=dict(type='mmnas_mae.HessianHook', interval=2, weight_decay=True),
        early_stop=dict(type='mmnas_mae.EarlyStopHook', mode='adapt', multiplier=10.0, max_weight_decay=0.03),
    )
)
