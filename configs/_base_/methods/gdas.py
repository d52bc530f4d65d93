"""GDAS in NAS-Bench-201 (D-X-Y/AutoDL-Projects): one operation drawn on each edge, a temperature from 10 to 0.1.

As published, the weights of what was not drawn are added as numbers and pass a gradient to alpha; undrawn='dropped'
leaves them out, as the paper has it.
"""

method = dict(
    model=dict(backbone=dict(relaxation=dict(type='mmnas_mae.GumbelRelaxation', undrawn='constant'))),
    default_hooks=dict(temperature=dict(type='mmnas_mae.TemperatureHook', start=10.0, end=0.1)),
    # A step runs one operation on each edge, so most weights have no gradient.
    find_unused_parameters=True,
)
