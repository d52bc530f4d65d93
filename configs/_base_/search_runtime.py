"""Hooks and environment of a search. A name in default_hooks can be changed by --cfg-options."""

default_scope = 'mmpretrain'
default_hooks = dict(
    runtime_info=dict(type='mmnas_mae.DeferredInfoHook'),
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=50),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='mmnas_mae.CompleteCheckpointHook', interval=1, max_keep_ckpts=2),
    sampler_seed=dict(type='DistSamplerSeedHook'),
    graphs=dict(type='mmnas_mae.CudaGraphHook'),
    # Processes validate with the same running statistics, those that the checkpoint keeps.
    sync_buffers=dict(type='SyncBuffersHook'),
    bilevel=dict(type='mmnas_mae.BilevelHook', order=1),
    genotype=dict(type='mmnas_mae.GenotypeHook'),
    random_state=dict(type='mmnas_mae.RandomStateHook'),
    finite_loss=dict(type='mmnas_mae.FiniteLossHook'),
    run_record=dict(type='mmnas_mae.RunRecordHook'),
    reconstruction=dict(type='mmnas_mae.ReconstructionVisHook'),
)
env_cfg = dict(cudnn_benchmark=False, mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0))
visualizer = dict(type='Visualizer', vis_backends=[dict(type='LocalVisBackend')])
log_level = 'INFO'
load_from = None
resume = False
randomness = dict(seed=0)
