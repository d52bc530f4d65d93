"""Regularised evolution over NAS-Bench-201, scored by inherited reconstruction (the setting of paper A.2.4, Table 11).

Command: python tools/train.py configs/search/maenas_nasbench201_1xb64-50e_cifar10.py, then python
tools/repeat.py configs/discrete/rea-mae_nasbench201_cifar10.py --checkpoint
work_dirs/maenas_nasbench201_1xb64-50e_cifar10/epoch_50.pth
Hardware: 1 GPU.
Expected: no number of the paper, whose Table 11 is of TransNAS-Bench-101; not yet reproduced.

As many evaluations as rea-table_nasbench201_cifar10.py. An architecture inherits the weights of the search network. To
train each for some steps instead: --cfg-options scorer.type=mmnas_mae.ShortTrainingScorer scorer.steps=300
run.train=2048.
"""

space = 'nasbench201'
search = dict(type='mmnas_mae.RegularizedEvolution', population=10, sample=3, cycles=200)
scorer = dict(type='mmnas_mae.InheritedScorer')
run = dict(config='configs/search/maenas_nasbench201_1xb64-50e_cifar10.py', heldout=512)
truth = dict(benchmark='nasbench201')
randomness = dict(seed=0)
