"""The search schedule of SDARTS in NAS-Bench-201: that of DARTS over 100 epochs."""

_base_ = ['./search_50e.py']
param_scheduler = dict(weights=[dict(type='CosineAnnealingLR', eta_min=0.001, by_epoch=True, begin=0, end=100)])
train_cfg = dict(max_epochs=100)
