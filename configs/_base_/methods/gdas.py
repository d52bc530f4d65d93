"""GDAS: one operation drawn on each edge, at a temperature that falls from 10 to 0.1."""

method = dict(
    model=dict(backbone=dict(relaxation=dict(type='mmnas_mae.GumbelRelaxation'))),
    default_hooks=dict(temperature=dict(type='mmnas_mae.TemperatureHook', start=10.0, end=0.1)),
    # A step runs one operation on each edge, so most weights have no gradient.
    find_unused_parameters=True,
)
