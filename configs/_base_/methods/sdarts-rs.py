"""SDARTS (RS): first order, alpha perturbed at random in the weight step."""

_base_ = ['../schedules/search_50e.py', '../search_runtime.py']
default_hooks = dict(perturbation=dict(type='mmnas_mae.PerturbationHook', mode='random'))
