"""The recipe by which tools/compare.py trains every network on your own images: a folder of each class, or Parquet.

Command: IMAGE_FOLDER=path/to/images python tools/train.py configs/compare/genotype-l8-c16_1xb64-30e_folder.py
Hardware: 1 GPU.
Expected: a classifier of your images; no table of the paper.

SGD with Nesterov's momentum, whose rate falls to zero by a cosine after a warm-up of an epoch. Nothing that only some
networks have: no auxiliary classifier, no drop path. Gradients are not clipped: a norm that suits one network throttles
a deeper one. tools/compare.py sets network, rate, epochs, seed and what part of the images is trained on; all else
counts for every network alike, and an option such as optim_wrapper.optimizer.weight_decay=1e-4 does too.
"""

_base_ = ['../_base_/datasets/folder_retrain.py', '../_base_/retrain_runtime.py']
model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='mmnas_mae.GenotypeBackbone',
        genotype='DARTS_V2',
        init_channels=16,
        layers=8,
        stem=None,
        out_indices=(0, 1, 2),
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(
        type='LinearClsHead',
        in_channels=None,
        num_classes=None,
        loss=dict(type='CrossEntropyLoss', loss_weight=1.0),
        topk=(1,),
    ),
)
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=0.06, momentum=0.9, nesterov=True, weight_decay=5e-4),
    clip_grad=None,
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.1, by_epoch=True, begin=0, end=1, convert_to_iter_based=True),
    dict(type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=0, end=None, convert_to_iter_based=True),
]
train_cfg = dict(by_epoch=True, max_epochs=30, val_interval=30)
val_cfg = dict()
test_cfg = dict()
train_dataloader = dict(batch_size=64)
default_hooks = dict(logger=dict(interval=10), checkpoint=dict(save_best=None, max_keep_ckpts=1))
