"""FairDARTS on CIFAR-10 in S0 without none: sigmoids and a zero-one loss (paper Table 2).

Command: python tools/train.py configs/search/fairdarts_darts-s0_1xb128-50e_cifar10.py
Hardware: 1 GPU; the paper reports 0.4 GPU-days.
Expected: FairDARTS-B, trained on ImageNet, has 541 M multiply-adds, 4.8 M parameters and 75.1 % top-1 (paper); not yet
reproduced.

Settings of xiaomi-automl/FairDARTS: learning rate 0.005 to 0.001, alpha from zero. A node keeps at most two edges,
those whose operation has a weight of 0.85 or more, so cells have fewer edges than those of DARTS.

Source: xiaomi-automl/FairDARTS, fairdarts/train_search.py.
Differs: nothing beyond what docs/method.md says of all searches. Its evaluation drops whole nodes on the path, ours
edges.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0-sparse.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/fairdarts.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
