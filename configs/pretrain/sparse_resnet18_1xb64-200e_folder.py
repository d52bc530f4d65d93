"""Weights without labels for a ResNet-18 of mmpretrain, by the same objective as those of a derived network.

Command: IMAGE_FOLDER=path/to/images python tools/train.py configs/pretrain/sparse_resnet18_1xb64-200e_folder.py
Hardware: 1 GPU.
Expected: a checkpoint that starts a classifier with this ResNet (docs/pretrain.md); no table of the paper.

What a derived network has to beat. It is the network for images of up to 64 pixels; above that
model.backbone.network.type=mmpretrain.ResNet. Any convolutional backbone with batch normalisation can stand in its
place; in mmpretrain its weights are loaded with prefix='backbone.network.'.
"""

_base_ = './sparse_genotype-l8-c16_1xb64-200e_folder.py'
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmnas_mae.MaskedBackbone',
        network=dict(
            type='mmpretrain.ResNet_CIFAR', depth=18, base_channels=64, stem_channels=64, out_indices=(1, 2, 3)
        ),
    )
)
