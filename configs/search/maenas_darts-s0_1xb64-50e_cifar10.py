"""MAE-NAS on CIFAR-10 in the DARTS space S0 (paper section 4.2, Table 1).

Command: python tools/train.py configs/search/maenas_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper reports 0.4 GPU-days.
Expected: the derived cell at 20 layers x 36 channels reaches 97.43 +- 0.05 % on CIFAR-10 (paper); not yet reproduced.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
