"""R-DARTS (L2): second order and nine times the weight decay of DARTS."""

method = dict(
    optim_wrapper=dict(weights=dict(optimizer=dict(weight_decay=2.7e-3))),
    default_hooks=dict(bilevel=dict(order=2)),
)
