"""MAE-NAS with the drop path and cutout of R-DARTS on CIFAR-10 in S1.

Command: python tools/train.py configs/search/maenas-r-darts-dp_darts-s1_1xb64-50e_cifar10.py
Hardware: 1 GPU; the paper gives no cost.
Expected: no figure in the paper; not yet reproduced.

As r-darts-dp_darts-s1_1xb64-50e_cifar10.py with the masked objective: nothing else differs, and no label is read.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/methods/r-darts-dp.py',
]
model = dict(backbone=dict(space='darts_s1'))
train_dataloader = dict(
    dataset=dict(
        dataset=dict(
            pipeline=[
                dict(type='RandomCrop', crop_size=32, padding=4),
                dict(type='RandomFlip', prob=0.5, direction='horizontal'),
                dict(type='mmnas_mae.RampedCutout', length=16, epochs=50),
                dict(type='mmnas_mae.PackImages'),
            ]
        )
    )
)
