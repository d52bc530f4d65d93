"""The retraining schedule of PC-DARTS on ImageNet: 250 epochs, batch 1024, linear decay from 0.5 after a warm-up.

yuhuixu1993/PC-DARTS: train_imagenet.py. The last five epochs have a slope of a fifth, down to a five-hundredth part of
the 245th of the first; the warm-up of five epochs multiplies it.
"""

epochs = 250
_step = 0.5 / (epochs - 5)
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.5, momentum=0.9, weight_decay=3e-5), clip_grad=dict(max_norm=5))
param_scheduler = [
    dict(type='LinearLR', start_factor=0.2, by_epoch=True, begin=0, end=5),
    dict(type='PolyLR', power=1.0, eta_min=_step, by_epoch=True, begin=0, end=epochs - 5),
    dict(type='PolyLR', power=1.0, eta_min=_step / 5, by_epoch=True, begin=epochs - 5, end=epochs),
]
train_cfg = dict(by_epoch=True, max_epochs=epochs, val_interval=1)
val_cfg = dict()
test_cfg = dict()
auto_scale_lr = dict(base_batch_size=1024)
del _step
