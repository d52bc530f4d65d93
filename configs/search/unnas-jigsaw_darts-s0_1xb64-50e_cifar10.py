"""UnNAS by jigsaw puzzles of 2x2 tiles, all 24 permutations, on CIFAR-10 in S0.

Command: python tools/train.py configs/search/unnas-jigsaw_darts-s0_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper (the ImageNet search is unnas-jigsaw_darts-s0_1xb32-2e_in1k.py); not yet reproduced.

UnNAS has no search on CIFAR-10, so the schedule is that of DARTS. As in its task on CIFAR-10, images are flipped and
not cropped; tiles have 12 of the 16 pixels of a patch.
"""

_base_ = [
    '../_base_/objectives/jigsaw.py',
    '../_base_/networks/darts-s0.py',
    '../_base_/datasets/cifar10_search_flip.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
