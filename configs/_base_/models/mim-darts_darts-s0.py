"""Classification and masked reconstruction together (MIM-DARTS) over the DARTS search network, for 32-pixel images."""

model = dict(
    type='mmnas_mae.MIMDARTS',
    backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=16, layers=8, stem='cifar'),
    neck=dict(type='mmnas_mae.HierarchicalDecoder'),
    head=dict(type='mmnas_mae.MaskedReconstructionHead'),
    mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
    masking='input',
    cls_head=dict(type='mmnas_mae.LinearHead', num_classes=10),
    cls_weight=1.0,
    rec_weight=1.0,
)
val_evaluator = dict(type='mmnas_mae.PredictionMetric')
test_evaluator = val_evaluator
