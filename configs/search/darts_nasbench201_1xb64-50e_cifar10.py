"""DARTS, first order, on CIFAR-10 in NAS-Bench-201 (paper section 4.4, Table 4).

Command: python tools/train.py configs/search/darts_nasbench201_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: collapse to the cell of skip connections, valid / test of 4 searches (paper): CIFAR-10 39.77 / 54.30,
CIFAR-100 15.03 / 15.61, ImageNet16-120 16.43 / 16.32; not yet reproduced.

The table, found by MMNAS_DATA, gives the true accuracy of the current cell after every epoch, which the search does not
use. The head has the normalisation that stands behind the last cell of the benchmark's networks.

Source: D-X-Y/AutoDL-Projects, configs/nas-benchmark/algos/DARTS.config and exps/NAS-Bench-201-algos/DARTS-V1.py.
Differs: the alpha step comes first, where the public code has the weights first.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
model = dict(head=dict(norm=True))
