"""UnNAS by rotations, on ImageNet-1k in S0 (paper Tables 3 and 6).

Command: python tools/train.py configs/search/unnas-rotation_darts-s0_1xb32-2e_in1k.py
Hardware: 1 GPU; the paper gives no cost.
Expected: a cell of 552 M multiply-adds and 5.1 M parameters at 14 layers x 42 channels that reaches 75.8 % top-1
(paper); not yet reproduced.

Half of the images for the weights, half for alpha, 2 epochs, alpha from the second, SGD 0.05 with cosine decay and
weight decay 3e-5, Adam 1.5e-4, a stem of 8, 16 and 16 channels.

Source: facebookresearch/unnas, configs/search_based/search_phase/imagenet/rot.yaml.
Differs: no jitter of the lighting.
"""

_base_ = [
    '../_base_/objectives/rotation.py',
    '../_base_/networks/darts-s0_imagenet.py',
    '../_base_/datasets/in1k_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/unnas_in1k.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
