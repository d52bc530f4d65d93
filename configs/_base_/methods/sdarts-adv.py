"""SDARTS (ADV): first order, alpha perturbed against the weight step by seven steps of projected ascent."""

method = dict(default_hooks=dict(perturbation=dict(type='mmnas_mae.PerturbationHook', mode='adversarial', steps=7)))
