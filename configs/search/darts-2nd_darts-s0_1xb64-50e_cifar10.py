"""DARTS, second order, on CIFAR-10 in S0.

Command: python tools/train.py configs/search/darts-2nd_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: no figure of its own in the paper, whose DARTS of Table 1 has the cost of the first order; not yet reproduced.

Source: quark0/darts, cnn/train_search.py with --unrolled.
Differs: nothing beyond what docs/method.md says of all searches.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/darts-2nd.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
