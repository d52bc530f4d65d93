"""P-DARTS without its tricks on CIFAR-10 in S0: 5, 11 and 17 layers (paper A.2.1, Table 9).

Command: python tools/train.py configs/search/pdarts_darts-s0_1xb96-25e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell at 20 layers x 36 channels reaches 96.48 +- 0.55 % on CIFAR-10 (paper); not yet reproduced.

Settings of chenxin061/pdarts: 25 epochs in each stage, alpha rests for the first 10. An edge keeps the 5, then the 3
strongest operations. The tricks, dropout on skip connections and a limit on their number, are those of pdarts-
tricks_darts-s0_1xb96-25e_cifar10.py.

Source: chenxin061/pdarts, train_search.py.
Differs: no dropout behind skip connections and no limit on their number.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/pdarts.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
