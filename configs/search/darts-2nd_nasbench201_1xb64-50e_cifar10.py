"""DARTS, second order, on CIFAR-10 in NAS-Bench-201 (paper section 4.4, Table 4).

Command: python tools/train.py configs/search/darts-2nd_nasbench201_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper reports 10.2 hours.
Expected: collapse to the cell of skip connections, valid / test of 4 searches (paper): CIFAR-10 39.77 / 54.30,
CIFAR-100 15.03 / 15.61, ImageNet16-120 16.43 / 16.32; not yet reproduced.

Source: D-X-Y/AutoDL-Projects, configs/nas-benchmark/algos/DARTS.config and exps/NAS-Bench-201-algos/DARTS-V2.py.
Differs: the unrolled step has the Nesterov momentum of the step that is taken, where the public code unrolls plain
momentum (default_hooks.bilevel.nesterov=False).
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/darts-2nd.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(norm=True))
