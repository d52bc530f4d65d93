"""Regularised evolution over NAS-Bench-201 with the table as the scorer (paper section 4.4, Table 4, row REA).

Command: python tools/repeat.py configs/discrete/rea-table_nasbench201_cifar10.py --seeds 0 1 2 3
Hardware: 1 CPU core, seconds; the table is found by MMNAS_DATA.
Expected: valid / test of the best by 12-epoch validation accuracy, mean of 4 searches (paper): CIFAR-10 90.02 / 93.66,
CIFAR-100 71.39 / 70.98, ImageNet16-120 42.95 / 42.17; reproduced with 200 evaluations in place of the published 12,000
seconds of training: CIFAR-10 91.26 / 93.97, CIFAR-100 72.14 / 72.14, ImageNet16-120 45.26 / 45.69.

Population 10, sample 3, scored by the accuracy after 12 epochs, as D-X-Y/AutoDL-Projects:
scripts-search/NAS-Bench-201-algos/R-EA.sh and exps/NAS-Bench-201-algos/R_EA.py, which stops by the time, whatever the
200 cycles that it is given.
"""

space = 'nasbench201'
search = dict(type='mmnas_mae.RegularizedEvolution', population=10, sample=3, cycles=200)
scorer = dict(type='mmnas_mae.TableScorer', benchmark='nasbench201', dataset='cifar10', metric='valid_12ep')
truth = dict(benchmark='nasbench201')
randomness = dict(seed=0)
