"""GDAS on CIFAR-10 in S0: one operation drawn on each edge (paper Table 1).

Command: python tools/train.py configs/search/gdas_darts-s0_1xb256-250e_cifar10.py
Hardware: 1 GPU; the paper reports 0.2 GPU-days.
Expected: the derived cell at 20 layers x 36 channels reaches 97.07 % on CIFAR-10 (paper); not yet reproduced.

The network of its authors: 6 cells, poolings without normalisation, a normalisation and a ReLU in front of the
classifier. A node keeps the two strongest pairs of an operation and a source, which may be one source twice.

Source: D-X-Y/AutoDL-Projects, scripts-search/NASNet-space-search-by-GDAS.sh and
configs/search-opts/GDAS-NASNet-CIFAR.config.
Differs: the alpha step comes first, where the public code has the weights first; convolutions before a normalisation
without parameters have no bias, which it would take away.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0-pairs.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/gdas_1xb256.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(norm=True))
