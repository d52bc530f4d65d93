"""SDARTS (RS): first order, alpha perturbed at random in the weight step."""

method = dict(default_hooks=dict(perturbation=dict(type='mmnas_mae.PerturbationHook', mode='random')))
