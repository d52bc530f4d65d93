"""The search schedule of the one-shot methods of D-X-Y/AutoDL-Projects: that of DARTS over 250 epochs."""

_base_ = ['./search_50e.py']
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.001, by_epoch=True, begin=0, end=250)])
train_cfg = dict(max_epochs=250)
