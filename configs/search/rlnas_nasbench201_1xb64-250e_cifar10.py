"""RLNAS on CIFAR-10 in NAS-Bench-201: random labels, one uniform path a step, then the angle.

Command: python tools/train.py configs/search/rlnas_nasbench201_1xb64-250e_cifar10.py
Hardware: 1 GPU.
Expected: no figure in the paper; not yet reproduced.

Half of the training images, no clipping, and a larger evolution without a limit. none is drawn as any other operation,
and an identity adds nothing to the angle.

Source: megvii-model/RLNAS, nas_bench_201/exps/algos/rlnas_train_supernet.py, rlnas_evolution_search_with_angle.py and
weight_angle.py.
Differs: one path for all cells of the network, where each cell of the public code draws its own; a mutant is one or
more steps of the mutation of our spaces, where the public code redraws each edge with probability 0.1 and never as
none; the angle counts the biases of the candidates' convolutions, which the public code leaves out.
"""

_base_ = [
    '../_base_/objectives/random-label.py',
    '../_base_/networks/nasbench201.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/methods/rlnas.py',
    '../_base_/search_runtime.py',
]
_base_.merge(_base_.pop('network'))
_base_.merge(_base_.pop('method'))
# There is no current cell to judge after each epoch; the selected one is judged.
_base_.default_hooks.selection.benchmark = _base_.default_hooks.pop('benchmark').benchmark
model = dict(head=dict(norm=True), backbone=dict(relaxation=dict(edges=None, exclude=())))
train_dataloader = dict(dataset=dict(parts=[('weights', 0.5), ('arch', 0.5)]))
optim_wrapper = dict(weights=dict(clip_grad=None))
_search = dict(population=100, top=30, mutation=50, crossover=50)
default_hooks = dict(selection=dict(search=_search, scorer=dict(identity='empty')))
del _search
