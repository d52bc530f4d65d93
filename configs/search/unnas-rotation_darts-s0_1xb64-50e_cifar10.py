"""UnNAS by rotations, on CIFAR-10 in S0.

Command: python tools/train.py configs/search/unnas-rotation_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper, whose UnNAS is searched on ImageNet (unnas-rotation_darts-s0_1xb32-2e_in1k.py); not
yet reproduced.

UnNAS has no search on CIFAR-10, so the schedule is that of DARTS. Each image is shown four times: 256 a step.
"""

_base_ = [
    '../_base_/objectives/rotation.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
