"""PC-DARTS on ImageNet-1k in S0: half of the channels, normalised edges (paper Tables 2 and 3).

Command: tools/dist_train.sh configs/search/pcdarts_darts-s0_8xb128-50e_in1k.py 8
Hardware: 8 GPUs; the paper reports 3.8 GPU-days.
Expected: a cell of 597 M multiply-adds and 5.3 M parameters that reaches 75.8 % top-1 (paper); not yet reproduced.

The learning rate of the weights is a cosine over all 50 epochs, times a warm-up of five. The masked twin is
maenas-pcdarts_darts-s0_8xb128-50e_in1k.py.

Source: yuhuixu1993/PC-DARTS, train_search_imagenet.py.
Differs: the 10 % and 2.5 % of the images are drawn from all alike, not for each class.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0_imagenet.py',
    '../_base_/datasets/in1k_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/pcdarts_in1k.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(num_classes=1000))
