"""UnNAS by colourisation, on ImageNet-1k in S0 (paper Table 3).

Command: python tools/train.py configs/search/unnas-colorization_darts-s0_1xb64-2e_in1k.py
Hardware: 1 GPU; the paper gives no cost.
Expected: a cell of 587 M multiply-adds and 5.3 M parameters at 14 layers that reaches 75.5 % top-1 (paper); not yet
reproduced.

Settings of facebookresearch/unnas: as unnas-rotation_darts-s0_1xb32-2e_in1k.py with batch, SGD 0.1 and Adam 3e-4 twice
as large.

Source: facebookresearch/unnas, configs/search_based/search_phase/imagenet/col.yaml.
Differs: nothing beyond what docs/method.md says of all searches.
"""

_base_ = [
    '../_base_/objectives/colorization.py',
    '../_base_/networks/darts-s0_imagenet.py',
    '../_base_/datasets/in1k_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/unnas_in1k.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
train_dataloader = dict(batch_size=64)
optim_wrapper = dict(weights=dict(optimizer=dict(lr=0.1)), arch=dict(optimizer=dict(lr=3e-4)))
