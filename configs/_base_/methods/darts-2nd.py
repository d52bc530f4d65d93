"""DARTS, second order: the gradient of alpha through a step of the weights."""

_base_ = ['../schedules/search_50e.py', '../search_runtime.py']
default_hooks = dict(bilevel=dict(order=2))
