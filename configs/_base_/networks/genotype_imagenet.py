"""A derived network for 224-pixel images of 1000 classes: 14 cells, 48 channels, an auxiliary classifier."""

model = dict(
    type='ImageClassifier',
    backbone=dict(
        type='mmnas_mae.GenotypeBackbone',
        genotype='PC_DARTS_image',
        init_channels=48,
        layers=14,
        stem='imagenet',
        out_indices=('aux', 2),
    ),
    head=dict(
        type='mmnas_mae.AuxiliaryHead',
        # 16 times init_channels, twice
        in_channels=(768, 768),
        num_classes=1000,
        stem='imagenet',
        loss_weight=0.4,
        head=dict(type='LinearClsHead', loss=dict(type='LabelSmoothLoss', label_smooth_val=0.1), topk=(1, 5)),
    ),
)
