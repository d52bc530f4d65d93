"""MAE-NAS on CIFAR-10 over the cells of NAS-Bench-101, one sampled cell a step (the paper has no such search).

Command: python tools/train.py configs/search/maenas_nasbench101_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: a cell of the benchmark; no table of the paper (A.2.3 correlates scores here), so not yet reproduced.

Where the full table is at hand, --cfg-options default_hooks.benchmark.type=mmnas_mae.BenchmarkHook
default_hooks.benchmark.benchmark=nasbench101 logs the true accuracy after every epoch.
"""

_base_ = [
    '../_base_/models/maenas_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
model = dict(
    backbone=dict(
        _delete_=True,
        type='mmnas_mae.NASBench101Supernet',
        space='nasbench101',
        stem_channels=128,
        num_stacks=3,
        num_modules_per_stack=3,
    )
)
# A step runs one cell, so most weights have no gradient.
find_unused_parameters = True
