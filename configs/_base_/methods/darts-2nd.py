"""DARTS, second order: the gradient of alpha through a step of the weights."""

method = dict(default_hooks=dict(bilevel=dict(order=2)))
