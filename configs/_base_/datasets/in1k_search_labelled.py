"""ImageNet-1k as for a search without labels, with the labels packed: for supervised objectives."""

_base_ = ['./in1k_search.py']
train_pipeline = [*_base_.train_pipeline[:-1], dict(type='mmnas_mae.PackImages', with_label=True)]
val_pipeline = [*_base_.val_pipeline[:-1], train_pipeline[-1]]
train_dataloader = dict(dataset=dict(dataset=dict(with_label=True, pipeline=train_pipeline)))
val_dataloader = dict(dataset=dict(with_label=True, pipeline=val_pipeline))
test_dataloader = dict(dataset=dict(with_label=True, pipeline=val_pipeline))
