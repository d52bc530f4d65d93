"""MAE-NAS over the search network of NAS-Bench-201, for 32-pixel images, and the score of its objective."""

model = dict(
    type='mmnas_mae.MAENAS',
    backbone=dict(type='mmnas_mae.NASBench201Supernet', space='nasbench201', init_channels=16, cells_per_stage=5),
    neck=dict(type='mmnas_mae.HierarchicalDecoder'),
    head=dict(type='mmnas_mae.MaskedReconstructionHead'),
    mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
    masking='input',
)
val_evaluator = dict(type='mmnas_mae.ReconstructionMetric')
test_evaluator = val_evaluator
