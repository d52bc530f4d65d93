"""The search network of the micro space of TransNAS-Bench-101; its skeleton has stride 32."""

network = dict(
    model=dict(backbone=dict(type='mmnas_mae.TransNASSupernet', space='transnas101_micro', init_channels=64))
)
