"""MAE-NAS one-shot on CIFAR-10 in S0: uniform paths, then evolution by the masked score.

Command: python tools/train.py configs/search/maenas-evolution_darts-s0_1xb64-250e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

The paths and the evolution of RLNAS; cells are scored by minus the masked loss with shared weights, on the half of the
training images that the weights have not seen.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_oneshot.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/rlnas.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
train_dataloader = dict(dataset=dict(parts=[('weights', 0.5), ('arch', 0.5)]))
_scorer = dict(_delete_=True, type='mmnas_mae.InheritedScorer', batch_size=256)
default_hooks = dict(selection=dict(scorer=_scorer, heldout=2048, keep_initial=False))
del _scorer
