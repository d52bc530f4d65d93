"""DARTS on ImageNet-1k in S0, all channels searched: the supervised twin of MAE-NAS there.

Command: tools/dist_train.sh configs/search/darts_darts-s0_8xb128-50e_in1k.py 8
Hardware: 8 GPUs.
Expected: no figure in the paper; not yet reproduced.

As maenas_darts-s0_8xb128-50e_in1k.py with labels: nothing else differs. DARTS itself has no search on ImageNet.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s0_imagenet.py',
    '../_base_/datasets/in1k_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/darts_in1k.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(head=dict(num_classes=1000))
