"""P-DARTS as published on CIFAR-10 in S0: with skip dropout and skip limit (paper Table 1).

Command: python tools/train.py configs/search/pdarts-tricks_darts-s0_1xb96-25e_cifar10.py
Hardware: 1 GPU; the paper reports 0.3 GPU-days.
Expected: the derived cell at 20 layers x 36 channels reaches 97.19 +- 0.14 % on CIFAR-10, 97.5 % at best (paper); not
yet reproduced.

Settings of chenxin061/pdarts: 25 epochs in each stage, alpha rests for the first 10. An edge keeps the 5, then the 3
strongest operations. Dropout behind skip connections starts at 0.1, 0.4 and 0.7 in the three stages and decays; the
normal cell has two skip connections at most.

Source: chenxin061/pdarts, train_search.py and README.md.
Differs: the cell has two skip connections, which its authors picked from one for each number.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/pdarts-tricks.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
