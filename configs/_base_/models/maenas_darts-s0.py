"""MAE-NAS over the DARTS search network, for 32-pixel images, and the score of its objective."""

model = dict(
    type='mmnas_mae.MAENAS',
    backbone=dict(type='mmnas_mae.DARTSSupernet', space='darts_s0', init_channels=16, layers=8, stem='cifar'),
    neck=dict(type='mmnas_mae.HierarchicalDecoder'),
    head=dict(type='mmnas_mae.MaskedReconstructionHead'),
    mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
    masking='input',
)
val_evaluator = dict(type='mmnas_mae.ReconstructionMetric')
test_evaluator = val_evaluator
