"""R-DARTS (DP) on CIFAR-10 in S1: scheduled drop path and cutout (paper Table 5).

Command: python tools/train.py configs/search/r-darts-dp_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell has an error of 3.11 % on CIFAR-10 (S2 3.48, S3 2.93, S4 3.58), at 20 layers x 36 channels,
mean of 3 searches (paper); not yet reproduced.

Settings of automl/RobustDARTS: second order; drop path rises to 0.2 and the probability of cutout to 1 in the last
epoch. The original searches at 0, 0.2, 0.4 and 0.6 (--cfg-options default_hooks.drop_path.prob=0.4) and keeps the best.
Other spaces by --cfg-options model.backbone.space=darts_s2 (S0, S3, S4 alike).

Source: automl/RobustDARTS, scripts/DARTS_search.sh and src/search/args.py.
Differs: the four evaluations of the second order see the same drop path and noise, where the public code draws anew
(default_hooks.bilevel.redraw=True): the less noisy estimate. The probability of cutout rises as its paper says; its
code sets a name that nothing reads, so that every image is cut from the first epoch (mmnas_mae.BorderCutout in place of
mmnas_mae.RampedCutout).
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/darts-s1.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/r-darts-dp.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
# Cutout stands behind crop and flip, in front of the packing.
_base_.train_pipeline.insert(-1, dict(type='mmnas_mae.RampedCutout', length=16, epochs=50))
train_dataloader = dict(dataset=dict(dataset=dict(pipeline=_base_.train_pipeline)))
