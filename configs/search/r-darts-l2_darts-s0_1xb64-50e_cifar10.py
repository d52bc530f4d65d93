"""R-DARTS (L2) on CIFAR-10 in S0: more weight decay (paper Table 1).

Command: python tools/train.py configs/search/r-darts-l2_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper reports 1.6 GPU-days.
Expected: the derived cell at 20 layers x 36 channels reaches 97.05 +- 0.21 % on CIFAR-10, mean of 5 searches (paper);
not yet reproduced.

Settings and options as in r-darts-l2_darts-s1_1xb64-50e_cifar10.py. The paper says R-DARTS and no more; L2 is
our reading, DP, ES and ADA run in S0 by the bases of the same names.

Source: automl/RobustDARTS, scripts/DARTS_search.sh and src/search/args.py.
Differs: the four evaluations of the second order see the same drop path and noise, where the public code draws anew
(default_hooks.bilevel.redraw=True): the less noisy estimate.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/r-darts-l2.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
