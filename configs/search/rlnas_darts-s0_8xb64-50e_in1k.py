"""RLNAS on ImageNet-1k in S0: the search network is trained on random labels, one uniform path a step (paper Table 3).

Command: tools/dist_train.sh configs/search/rlnas_darts-s0_8xb64-50e_in1k.py 8
Hardware: 8 GPUs; the paper reports 8.33 GPU-days for the whole search.
Expected: after the evolution by the angle, a cell of 561 M multiply-adds and 5.2 M parameters that reaches 75.9 % top-1
(paper); not yet reproduced. That cell was searched without a limit:
--cfg-options default_hooks.selection.budget=None.

C=48, 14 layers, a stem of 48 channels, normalisations with parameters, 50 epochs, batch 512, SGD from 0.1 to 5e-4,
linear by iterations, weight decay 4e-5 on convolutions alone, gradients clipped by value at 5, label smoothing 0.1,
convolutions drawn uniformly (He); square crops and a jitter of the lighting, pixels from 0 to 1. Mutants of the
evolution differ in the normal cell alone, and no cell beyond 600 M multiply-adds is scored.

Source: megvii-model/RLNAS, darts_search_space/imagenet/rlnas/train_supernet/train.py, super_model.py and utils.py.
Differs: a mutant is one or more steps of the mutation of our spaces, where the public code redraws each edge with
probability 0.1 and then repairs nodes with more or fewer than two edges.
"""

_base_ = [
    '../_base_/objectives/random-label.py',
    '../_base_/networks/darts-s0_imagenet.py',
    '../_base_/datasets/in1k_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/methods/rlnas.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
model = dict(
    backbone=dict(
        init_channels=48,
        layers=14,
        stem_channels=48,
        affine=True,
        init_cfg=dict(type='Kaiming', layer='Conv2d', mode='fan_in', nonlinearity='leaky_relu', distribution='uniform'),
    ),
    head=dict(num_classes=1000, init_cfg=dict(type='Normal', layer='Linear', std=0.01)),
    label_smooth=0.1,
)
# Square crops, a jitter of the lighting, pixels from 0 to 1.
_load, _, _flip, _pack = _base_.train_pipeline
train_pipeline = [
    _load,
    dict(type='RandomResizedCrop', scale=224, aspect_ratio_range=(1.0, 1.0)),
    dict(
        type='mmnas_mae.ClippedLighting',
        eigval=[55.4625, 4.794, 1.1475],
        eigvec=[[-0.5836, -0.6948, 0.4203], [-0.5808, -0.0045, -0.8140], [-0.5675, 0.7192, 0.4009]],
        alphastd=0.1,
    ),
    _flip,
    _pack,
]
train_dataloader = dict(batch_size=64, dataset=dict(dataset=dict(pipeline=train_pipeline)))
data_preprocessor = dict(mean=[0.0, 0.0, 0.0], std=[255.0, 255.0, 255.0])
optim_wrapper = dict(
    weights=dict(
        optimizer=dict(lr=0.1, weight_decay=4e-5),
        clip_grad=dict(_delete_=True, type='value', clip_value=5),
        # Convolutions alone decay.
        paramwise_cfg=dict(norm_decay_mult=0.0, custom_keys=dict(head=dict(decay_mult=0.0))),
    )
)
_linear = dict(type='PolyLR', power=1.0, eta_min=5e-4, by_epoch=True, begin=0, end=50, convert_to_iter_based=True)
param_scheduler = dict(weights=[_linear])
_at = dict(init_channels=48, layers=14, stem='imagenet', image_size=224)
default_hooks = dict(selection=dict(search=dict(mutated=['normal']), budget=dict(macs=600e6, at=_at)))
del _load, _, _flip, _pack, _linear, _at
