"""MIM-DARTS on CIFAR-10 in S0: labels, with masked reconstruction as an auxiliary loss (paper section 2).

Command: python tools/train.py configs/search/mim-darts_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper, which names the method only; not yet reproduced.

Source: none; neither code nor settings have been published.
Differs: weights of the losses and masks are choices.
"""

_base_ = [
    '../_base_/objectives/mim-darts.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
