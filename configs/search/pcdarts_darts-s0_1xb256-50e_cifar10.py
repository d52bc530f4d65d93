"""PC-DARTS on CIFAR-10 in S0: a quarter of the channels, normalised edges (paper Tables 1 and 10).

Command: python tools/train.py configs/search/pcdarts_darts-s0_1xb256-50e_cifar10.py
Hardware: 1 GPU; the paper reports 0.1 GPU-days, 3.75 hours in Table 10.
Expected: the derived cell at 20 layers x 36 channels reaches 97.43 % on CIFAR-10 (Table 1), 97.09 +- 0.14 % in the mean
of 3 searches (Table 10) (paper); not yet reproduced.

Settings of yuhuixu1993/PC-DARTS; alpha rests for 15 epochs. The masked twin is
maenas-pcdarts_darts-s0_1xb256-50e_cifar10.py. The spaces of Table 5 have pcdarts_darts-s1_1xb64-50e_cifar10.py.

Source: yuhuixu1993/PC-DARTS, train_search.py.
Differs: the rate of the weights falls to 0, as its paper says, where the file has 0.001 (learning_rate_min).
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/pcdarts_1xb256.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
