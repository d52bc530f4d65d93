"""ROME on CIFAR-10 in S0 without none: edges drawn apart from operations (ROME-v2).

Command: python tools/train.py configs/search/rome_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper reports 0.3 GPU-days.
Expected: no figure in the paper, whose Table 1 has ROME-v1 (97.37 +- 0.09 % on CIFAR-10); not yet reproduced.

Topology drawn by Gumbel top-2 with parameters of its own, which the paper of ROME calls ROME-v2, and gradients
accumulated over sub-networks (samples). The rows of Table 1 are of ROME-v1, which draws the topology otherwise and
stands in no config here. The number of samples, the temperatures and the rest, which is DARTS, are choices. The graphs
of all sub-networks of a step are in memory together.

Source: none; no code of ROME has been published.
Differs: everything that its two ideas leave open is a choice.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0-no-none.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/rome.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
