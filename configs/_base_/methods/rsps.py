"""RSPS: uniform paths; at the end 100 random cells are scored on a batch each of images that the weights never saw."""

method = dict(
    model=dict(backbone=dict(relaxation=dict(type='mmnas_mae.UniformPathRelaxation'))),
    default_hooks=dict(
        bilevel=None,
        genotype=None,
        selection=dict(
            type='mmnas_mae.DiscreteSearchHook',
            search=dict(type='mmnas_mae.RandomSearch', budget=100),
            scorer=dict(type='mmnas_mae.InheritedScorer', batch_size=512, one_batch=True, statistics='running'),
            heldout=25000,
        ),
    ),
    # A step runs one operation on each edge, so most weights have no gradient.
    find_unused_parameters=True,
)
