"""A derived architecture from scratch on CIFAR-10 (DARTS' recipe; Table 1).

Command: python tools/train.py configs/retrain/genotype-l20-c36_1xb96-600e_cifar10.py \
    --cfg-options model.backbone.genotype=work_dirs/SEARCH/genotype.json
Hardware: 1 GPU.
Expected: DARTS_V2 97.24 % (DARTS' paper reports 2.76 % error); not yet reproduced.

20 cells, 36 channels, 600 epochs, batch 96, cosine from 0.025, cutout 16, auxiliary 0.4, drop path 0.2.

Source: quark0/darts, cnn/train.py.
Differs: nothing beyond what docs/method.md says of all retraining.
"""

_base_ = [
    '../_base_/networks/genotype_cifar.py',
    '../_base_/datasets/cifar10_retrain.py',
    '../_base_/schedules/retrain_600e.py',
    '../_base_/retrain_runtime.py',
]
