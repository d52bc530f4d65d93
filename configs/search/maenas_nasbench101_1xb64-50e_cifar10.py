"""MAE-NAS on CIFAR-10 over the cells of NAS-Bench-101, one sampled cell a step (the paper has no such search).

Command: python tools/train.py configs/search/maenas_nasbench101_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: a cell of the benchmark; no table of the paper (A.2.3 correlates scores here), so not yet reproduced.

Where the full table is at hand, --cfg-options default_hooks.benchmark.type=mmnas_mae.BenchmarkHook
default_hooks.benchmark.benchmark=nasbench101 logs the true accuracy after every epoch.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/nasbench101.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
