"""RLNAS on CIFAR-10 in S0: the search network is trained on random labels, one uniform path a step.

Command: python tools/train.py configs/search/rlnas_darts-s0_1xb64-250e_cifar10.py
Hardware: 1 GPU.
Expected: a cell that the evolution finds by the angle between initial and trained weights; no figure in the paper (the
ImageNet search is rlnas_darts-s0_8xb64-50e_in1k.py), not yet reproduced.

Settings of megvii-model/RLNAS: all training images, 250 epochs, SGD 0.025 to 0.001, alpha is not optimised. Its
normalisations in the cells have parameters, those of this search network have none.
"""

_base_ = [
    '../_base_/models/random-label_darts-s0.py',
    '../_base_/datasets/cifar10_search.py',
    '../_base_/schedules/search_250e.py',
    '../_base_/search_runtime.py',
]
train_dataloader = dict(dataset=dict(parts=[('weights', 1.0)]))
default_hooks = dict(
    bilevel=None,
    genotype=None,
    selection=dict(
        type='mmnas_mae.DiscreteSearchHook',
        search=dict(type='mmnas_mae.AngleEvolution', population=50, top=10, mutation=25, crossover=25, generations=20),
        scorer=dict(type='mmnas_mae.AngleScorer'),
        heldout=0,
        keep_initial=True,
    ),
)
# A step runs one path, so most weights have no gradient.
find_unused_parameters = True
