"""The search network of NAS-Bench-101, for 32-pixel images."""

network = dict(
    model=dict(
        backbone=dict(
            type='mmnas_mae.NASBench101Supernet',
            space='nasbench101',
            stem_channels=128,
            num_stacks=3,
            num_modules_per_stack=3,
        )
    ),
    # A step runs one cell, so most weights have no gradient.
    find_unused_parameters=True,
)
