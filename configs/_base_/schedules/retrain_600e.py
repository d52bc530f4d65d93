"""The retraining schedule of DARTS on CIFAR: 600 epochs, cosine from 0.025, drop path that rises to 0.2."""

epochs = 600
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.025, momentum=0.9, weight_decay=3e-4), clip_grad=dict(max_norm=5))
param_scheduler = dict(type='CosineAnnealingLR', eta_min=0, by_epoch=True, begin=0, end=epochs)
train_cfg = dict(by_epoch=True, max_epochs=epochs, val_interval=10)
val_cfg = dict()
test_cfg = dict()
custom_hooks = [dict(type='mmnas_mae.DropPathHook', prob=0.2)]
auto_scale_lr = dict(base_batch_size=96)
