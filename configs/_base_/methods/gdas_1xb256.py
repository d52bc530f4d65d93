"""GDAS as published in the DARTS space (D-X-Y/AutoDL-Projects: configs/search-opts/GDAS-NASNet-CIFAR.config)."""

_base_ = ['./gdas.py']
method = dict(
    # Its cell there adds no weight of what was not drawn (search_cells.py: MixedOp.forward_gdas).
    model=dict(backbone=dict(layers=6, pool_norm=False, relaxation=dict(undrawn='dropped'))),
    train_dataloader=dict(batch_size=256),
    optim_wrapper=dict(weights=dict(optimizer=dict(weight_decay=5e-4, nesterov=True))),
)
