"""The search network of NAS-Bench-201, for 32-pixel images, trained and judged as in that benchmark.

The weight decay and Nesterov's momentum are those of D-X-Y/AutoDL-Projects. The table gives the true accuracies.
"""

network = dict(
    model=dict(
        backbone=dict(type='mmnas_mae.NASBench201Supernet', space='nasbench201', init_channels=16, cells_per_stage=5)
    ),
    optim_wrapper=dict(weights=dict(optimizer=dict(weight_decay=5e-4, nesterov=True))),
    default_hooks=dict(benchmark=dict(type='mmnas_mae.BenchmarkHook', benchmark='nasbench201')),
)
