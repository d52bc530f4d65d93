"""RLNAS on CIFAR-10 in S0: the search network is trained on random labels, one uniform path a step.

Command: python tools/train.py configs/search/rlnas_darts-s0_1xb64-250e_cifar10.py
Hardware: 1 GPU.
Expected: a cell that the evolution finds by the angle between initial and trained weights; no figure in the paper (the
ImageNet search is rlnas_darts-s0_8xb64-50e_in1k.py), not yet reproduced.

All training images, 250 epochs, SGD 0.025 to 0.001, normalisations with parameters; alpha is not optimised. Mutants of
the evolution differ in the normal cell alone.

Source: megvii-model/RLNAS, darts_search_space/cifar10/rlnas/train_supernet/train.py.
Differs: a mutant is one or more steps of the mutation of our spaces, where the public code redraws each edge with
probability 0.1 and then repairs nodes with more or fewer than two edges.
"""

_base_ = [
    '../_base_/objectives/random-label.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/rlnas.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(backbone=dict(affine=True))
default_hooks = dict(selection=dict(search=dict(mutated=['normal'])))
