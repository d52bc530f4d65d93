"""GDAS on CIFAR-10 in NAS-Bench-201: one operation drawn on each edge (paper section 4.4, Table 4).

Command: python tools/train.py configs/search/gdas_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper reports 8.7 hours.
Expected: valid / test of the derived cell, mean of 4 searches (paper): CIFAR-10 89.89 / 93.61, CIFAR-100 71.34 / 70.70,
ImageNet16-120 41.59 / 41.71; not yet reproduced.

The table, found by MMNAS_DATA, gives the true accuracy of the current cell after every epoch, which the search does not
use. The temperature falls from 10 to 0.1. The weights of operations that were not drawn pass a gradient to alpha, as in
the public code; the paper leaves them out (model.backbone.relaxation.undrawn=dropped).

Source: D-X-Y/AutoDL-Projects, configs/nas-benchmark/algos/GDAS.config and exps/NAS-Bench-201-algos/GDAS.py.
Differs: the alpha step comes first, where the public code has the weights first; 250 epochs, as the paper of the
benchmark has it, where the file has 240.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/gdas.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(norm=True))
