"""ROME-v2: two edges of each node and one operation on each drawn by Gumbel top-2, in seven sub-networks a step."""

method = dict(
    model=dict(backbone=dict(relaxation=dict(type='mmnas_mae.TopTwoRelaxation', samples=7))),
    default_hooks=dict(temperature=dict(type='mmnas_mae.TemperatureHook', start=10.0, end=0.1)),
    # A step runs two edges of each node and one operation on each, so most weights have no gradient.
    find_unused_parameters=True,
)
