"""MAE-NAS: masked images are reconstructed from the features of all stages (equation 3); patches of 4 pixels."""

model = dict(
    type='mmnas_mae.MAENAS',
    neck=dict(type='mmnas_mae.HierarchicalDecoder'),
    head=dict(type='mmnas_mae.MaskedReconstructionHead'),
    mask_generator=dict(type='mmnas_mae.PatchMaskGenerator', patch_size=4, ratio=0.5),
    masking='input',
)
val_evaluator = dict(type='mmnas_mae.ReconstructionMetric')
test_evaluator = val_evaluator
