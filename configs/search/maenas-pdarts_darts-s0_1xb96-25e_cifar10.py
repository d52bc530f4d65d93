"""MAE-NAS with the stages of P-DARTS on CIFAR-10 in S0: 5, 11 and 17 layers (paper A.2.1, Table 9).

Command: python tools/train.py configs/search/maenas-pdarts_darts-s0_1xb96-25e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: the derived cell at 20 layers x 36 channels reaches 97.16 +- 0.14 % on CIFAR-10 (paper); not yet reproduced.

As pdarts_darts-s0_1xb96-25e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/pdarts.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
