"""P-DARTS without its tricks on CIFAR-10 in S0: 5, 11 and 17 layers (paper A.2.1, Table 9).

Command: python tools/train.py configs/search/pdarts_darts-s0_1xb96-25e_cifar10.py
Hardware: 1 GPU.
Expected: the derived cell at 20 layers x 36 channels reaches 96.48 +- 0.55 % on CIFAR-10 (paper); not yet reproduced.

Settings of chenxin061/pdarts: 25 epochs in each stage, alpha rests for the first 10. An edge keeps the 5, then the 3
strongest operations. The tricks, dropout on skip connections and a limit on their number, are those of pdarts-
tricks_darts-s0_1xb96-25e_cifar10.py.
"""

_base_ = [
    '../_base_/models/classification_darts-s0.py',
    '../_base_/datasets/cifar10_search_labelled.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
train_dataloader = dict(batch_size=96)
optim_wrapper = dict(arch=dict(optimizer=dict(lr=6e-4), clip_grad=dict(max_norm=5)))
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.0, by_epoch=True, begin=0, end=25)])
train_cfg = dict(max_epochs=25, val_interval=5)
default_hooks = dict(bilevel=dict(warmup_epochs=10))
stages = [
    dict(cfg=dict(model=dict(backbone=dict(layers=5))), keep=5),
    dict(cfg=dict(model=dict(backbone=dict(layers=11))), keep=3),
    dict(cfg=dict(model=dict(backbone=dict(layers=17)))),
]
