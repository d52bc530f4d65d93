"""A derived network for 32-pixel images of 10 classes: 20 cells, 36 channels, an auxiliary classifier."""

model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='mmnas_mae.GenotypeBackbone',
        genotype='DARTS_V2',
        init_channels=36,
        layers=20,
        stem='cifar',
        out_indices=('aux', 2),
    ),
    head=dict(
        type='mmnas_mae.AuxiliaryHead',
        # 16 times init_channels, twice
        in_channels=(576, 576),
        num_classes=10,
        stem='cifar',
        loss_weight=0.4,
        head=dict(type='LinearClsHead', loss=dict(type='CrossEntropyLoss', loss_weight=1.0), topk=(1, 5)),
    ),
)
