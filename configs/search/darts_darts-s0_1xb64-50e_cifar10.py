"""DARTS, first order, on CIFAR-10 in S0: the supervised twin of MAE-NAS (paper Tables 1 and 2).

Command: python tools/train.py configs/search/darts_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper reports 0.4 GPU-days.
Expected: the derived cell at 20 layers x 36 channels reaches 97.0 +- 0.14 % on CIFAR-10 (paper); not yet reproduced.

The settings are those of quark0/darts, as in maenas_darts-s0_1xb64-50e_cifar10.py: only the objective differs, and the
labels that it reads. The spaces of Table 5 have darts-2nd_darts-s1_1xb64-50e_cifar10.py.

Source: quark0/darts, cnn/train_search.py.
Differs: nothing beyond what docs/method.md says of all searches.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
