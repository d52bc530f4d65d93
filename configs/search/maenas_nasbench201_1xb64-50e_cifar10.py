"""MAE-NAS on CIFAR-10 in NAS-Bench-201 (paper section 4.4, Table 4).

Command: python tools/train.py configs/search/maenas_nasbench201_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper reports 3.2 hours.
Expected: accuracy of the derived cell, valid / test, mean of 4 searches (paper): CIFAR-10 90.63 / 93.74, CIFAR-100
71.42 / 71.75, ImageNet16-120 43.17 / 43.75; not yet reproduced.

The table gives the true accuracy of the current cell after every epoch, which the search does not use: the one found by
MMNAS_DATA, else that of the package, which is rounded to 0.01 per cent. The schedule is that of DARTS in NAS-Bench-201
(D-X-Y/AutoDL-Projects).
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
