"""MAE-NAS on CIFAR-10 over the micro space of TransNAS-Bench-101 (paper A.2.4, Table 11, has RS and REA there).

Command: python tools/train.py configs/search/maenas_transnas101-micro_1xb64-50e_cifar10.py
Hardware: 1 GPU.
Expected: a cell of the benchmark. With the MAE proxy RS and REA reach 45.34 and 45.47 % (object classification) and an
mIoU of 25.35 and 25.77 (paper); for this differentiable search it has no number, so not yet reproduced.

The skeleton has stride 32, so CIFAR images end as a single position. Where the table is at hand, --cfg-options
default_hooks.benchmark.type=mmnas_mae.BenchmarkHook default_hooks.benchmark.benchmark=transnas101_micro logs the true
scores of the current cell after every epoch.
"""

_base_ = [
    '../_base_/objectives/maenas.py',
    '../_base_/networks/transnas101-micro.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_50e.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
