"""SDARTS (ADV) on CIFAR-10 in NAS-Bench-201: adversarial perturbation of alpha.

Command: python tools/train.py configs/search/sdarts-adv_nasbench201_1xb64-100e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

First order, 100 epochs, weight decay 3e-4 and plain momentum, as in the DARTS space.

Source: xiangning-chen/SmoothDARTS, nasbench201/train_search.py, attacker/perturb.py and attacker/linf_sgd.py.
Differs: the cells go by batch statistics in evaluation too, where the public code keeps running ones.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_100e.py',
    '../_base_/methods/sdarts-adv.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(norm=True))
optim_wrapper = dict(weights=dict(optimizer=dict(weight_decay=3e-4, nesterov=False)))
