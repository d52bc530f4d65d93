"""SETN: uniform paths, alpha on the mixture; at the end the 100 likeliest cells are scored on a batch each."""

method = dict(
    model=dict(backbone=dict(relaxation=dict(type='mmnas_mae.UniformPathRelaxation', joint=True))),
    optim_wrapper=dict(weights=dict(clip_grad=None)),
    default_hooks=dict(
        selection=dict(
            type='mmnas_mae.DiscreteSearchHook',
            search=dict(type='mmnas_mae.MostLikelySearch', num=100),
            scorer=dict(type='mmnas_mae.InheritedScorer', batch_size=512, one_batch=True, statistics='running'),
            heldout=25000,
        )
    ),
    # A step runs one operation on each edge, so most weights have no gradient.
    find_unused_parameters=True,
)
