"""SDARTS (ADV): first order, alpha perturbed against the weight step by seven steps of projected ascent."""

_base_ = ['../schedules/search_50e.py', '../search_runtime.py']
default_hooks = dict(perturbation=dict(type='mmnas_mae.PerturbationHook', mode='adversarial', steps=7))
