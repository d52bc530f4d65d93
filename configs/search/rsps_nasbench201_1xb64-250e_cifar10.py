"""RSPS on CIFAR-10 in NAS-Bench-201: uniform paths, then random search (paper section 4.4, Table 4).

Command: python tools/train.py configs/search/rsps_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU.
Expected: valid / test of the selected cell, mean of 4 searches (paper): CIFAR-10 83.98 / 86.46, CIFAR-100 57.67 /
58.93, ImageNet16-120 32.92 / 31.25; not yet reproduced.

Alpha is not optimised; at the end 100 random cells are scored with the shared weights on a batch each of the images
that the weights have not seen, in eval mode: the cells go by the statistics of the batch, stem, residual blocks and
head by the running ones.

Source: D-X-Y/AutoDL-Projects, configs/nas-benchmark/algos/RANDOM.config, exps/algos/RANDOM-NAS.py and
scripts-search/NAS-Bench-201-algos/RANDOM-NAS.sh.
Differs: 512 images score a cell, as in SETN.config of that repository; RANDOM.config does not say how many.
"""

_base_ = [
    '../_base_/objectives/classification.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_oneshot_labelled.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/rsps.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
# There is no current cell to judge after each epoch; the selected one is judged.
_base_.default_hooks.selection.benchmark = _base_.default_hooks.pop('benchmark').benchmark
model = dict(head=dict(norm=True))
