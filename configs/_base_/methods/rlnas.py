"""RLNAS: uniform paths over all training images, then an evolution by the angle between initial and trained weights.

In its paths two edges that are not none enter each node.
"""

method = dict(
    model=dict(backbone=dict(relaxation=dict(type='mmnas_mae.UniformPathRelaxation', edges=2, exclude=['none']))),
    train_dataloader=dict(dataset=dict(parts=[('weights', 1.0)])),
    default_hooks=dict(
        bilevel=None,
        genotype=None,
        selection=dict(
            type='mmnas_mae.DiscreteSearchHook',
            search=dict(
                type='mmnas_mae.AngleEvolution', population=50, top=10, mutation=25, crossover=25, generations=20
            ),
            scorer=dict(type='mmnas_mae.AngleScorer'),
            heldout=0,
            keep_initial=True,
        ),
    ),
    # A step runs one path, so most weights have no gradient.
    find_unused_parameters=True,
)
