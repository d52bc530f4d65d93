"""SETN on CIFAR-10 in NAS-Bench-201: uniform paths, alpha on the mixture (paper section 4.4, Table 4).

Command: python tools/train.py configs/search/setn_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU; the paper reports 9.5 hours.
Expected: valid / test of the selected cell, mean of 4 searches (paper): CIFAR-10 84.04 / 87.64, CIFAR-100 58.86 /
59.05, ImageNet16-120 33.06 / 32.52; not yet reproduced.

The table, found by MMNAS_DATA, gives the true accuracy of the current cell after every epoch, which the search does not
use. At the end the 100 cells that alpha makes most likely are scored on a batch each of the images that alpha was
trained on, in eval mode: the cells go by the statistics of the batch, stem, residual blocks and head by the running
ones.

Source: D-X-Y/AutoDL-Projects, configs/nas-benchmark/algos/SETN.config and exps/algos/SETN.py.
Differs: the alpha step comes first, where the public code has the weights first.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_oneshot_labelled.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/setn.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(norm=True))
